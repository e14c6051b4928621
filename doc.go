// SPDX-License-Identifier: Apache-2.0

// Package haidang is the root of Hải Đăng, a national cyber-threat observatory.
// It holds no code: the program is cmd/haidang, the rooms are the folders, and
// the tests here keep the rules of the house.
package haidang
