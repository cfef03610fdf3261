package live

import (
	"net"
	"net/http"
	"os"
	"strings"
)

// guard lets through only what a person's own browser asks for.
//
// A page on another site can make that browser ask too. It cannot read the
// answers, since nothing here allows it to (no CORS), unless its domain name is
// made to resolve to this machine (DNS rebinding): then the Host header has that
// name, and is refused. What browsers say of where a request comes from
// (Sec-Fetch-Site) settles the rest, except that following a link is fine.
func guard(next http.Handler) http.Handler {
	own, _ := os.Hostname() // without one, there is one name less
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !knownHost(r.Host, own):
			http.Error(w, "this host name is not served: want localhost or an IP address", http.StatusMisdirectedRequest)
		case crossSite(r):
			http.Error(w, "requests from other sites are not answered", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "read only: want GET", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// knownHost accepts the names that nobody else can make resolve to this
// machine: IP addresses, which are not resolved, localhost, and its own name.
func knownHost(hostport, own string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil || own != "" && host == strings.ToLower(own)
}

func crossSite(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}
