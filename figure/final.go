// SPDX-License-Identifier: Apache-2.0

package figure

import "time"

// FinalAt is the moment before which a period's figures are not final.
func (p Period) FinalAt() time.Time { return p.To.Add(finalAfter(p.Kind)) }
