// SPDX-License-Identifier: Apache-2.0

package classify

// Released is an answer that its viewer may see. Its fields are unexported and
// only this package fills them; encoders in share take a Released and nothing
// else. The zero Released holds the zero answer for nobody.
type Released[T any] struct {
	value  T
	viewer Viewer
}

func release[T any](v Viewer, value T) Released[T] { return Released[T]{value, v} }

// Value gives the answer, already reduced to what the viewer may see.
func (r Released[T]) Value() T { return r.value }

// Viewer gives whom it was released to. Caches must never answer one viewer
// with what was released to another.
func (r Released[T]) Viewer() Viewer { return r.viewer }

// Public reports whether it was released to the visitor nobody, hence may be
// cached and shown to anybody.
func (r Released[T]) Public() bool { return r.viewer.role == Visitor }
