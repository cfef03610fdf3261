module github.com/gopherdata/gophernotes

go 1.26

require (
	github.com/cosmos72/gomacro v0.0.0-20231101204900-3dc08f5f8fea
	github.com/go-zeromq/zmq4 v0.14.1
	github.com/gofrs/uuid v4.2.0+incompatible
	golang.org/x/tools v0.51.0
)
