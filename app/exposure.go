// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"

	"haidang/classify"
	"haidang/collect"
)

// guard closes what is shown to visitors while the listener reaches beyond this
// machine and nobody has released a block at the release desk: until then the live
// portal is for those who are signed in. A replay may be shown to anybody.
func (a *App) guard(next http.Handler) http.Handler {
	if a.cfg.Loopback() || a.cfg.Portal.Replay {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.releases.State().Opened() {
			next.ServeHTTP(w, r)
			return
		}
		if v, err := a.who(r); err == nil && v.Role() != classify.Visitor && v.Role() != classify.Sender {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="Hai Dang: operator token as password", charset="UTF-8"`)
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "Cổng thông tin chưa mở cho công chúng. Đăng nhập tại "+a.origin()+"/vi/dang-nhap, hoặc bằng mã của người vận hành (ô mật khẩu).\n"+
			"The portal is not open to the public yet. Sign in at "+a.origin()+"/en/sign-in, or with an operator's token as the password.",
			http.StatusUnauthorized)
	})
}

// presented gives the token of a request: as Bearer, or as the password that a
// browser asks for.
func presented(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	return collect.BearerToken(r.Header)
}
