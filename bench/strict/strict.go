// Package strict decodes YAML (and JSON, its subset) into Go structs, and
// refuses what it does not understand.
//
// A misspelt key that is silently ignored makes an experiment answer another
// question than the one asked. So an unknown key, a key given twice and a
// value of the wrong type are errors, each in one line that names the file,
// the line, the key's path and what would be right, and all of them are
// reported at once. yaml.v3's own KnownFields knows neither the path nor the
// nearest known key.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Error is one thing wrong with a file. Its text is one line.
type Error struct {
	File    string // may be empty
	Line    int    // 0 if unknown
	Key     string // path such as model.d_model; may be empty
	Message string
}

func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	case e.File != "":
		b.WriteString(e.File + ": ")
	case e.Line > 0:
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Message)
	return strings.ReplaceAll(b.String(), "\n", `\n`)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// Parse reads one YAML document and returns its root, or nil for an empty
// document. file is what errors call the source.
func Parse(file string, src []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		if !utf8.Valid(src) { // such as the mark that begins UTF-16, and nothing after it
			return nil, &Error{File: file, Message: "no text; want YAML in UTF-8"}
		}
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(file, err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, &Error{File: file, Line: second.Line, Message: "a second document; want one document a file"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(file, err)
	}
	root := doc.Content[0]
	if alias := findAlias(root); alias != nil {
		return nil, &Error{File: file, Line: alias.Line, Message: fmt.Sprintf("aliases such as *%s are not supported; write the value out", alias.Value)}
	}
	if isNull(root) {
		return nil, nil
	}
	return root, nil
}

// syntaxError moves the line number of yaml's own text to where ours is.
func syntaxError(file string, err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	m := yamlLine.FindStringSubmatch(text)
	line, _ := strconv.Atoi(m[1])
	text = strings.TrimPrefix(text, m[0])
	if strings.HasPrefix(text, "mapping values are not allowed") || strings.HasPrefix(text, "did not find expected ',' or '}'") {
		text += "; text with a colon in it wants quotes, such as attention: \"lsh(4, hashes: 2)\""
	}
	return &Error{File: file, Line: line, Message: "not valid YAML: " + text}
}

// findAlias finds the first alias below a node. Aliases would let a small file
// stand for an endless one, and nothing here needs them.
func findAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n
	}
	for _, child := range n.Content {
		if alias := findAlias(child); alias != nil {
			return alias
		}
	}
	return nil
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// describe names what stands at a node, for "want …, got …".
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if isNull(n) {
		return "nothing"
	}
	if n.ShortTag() == "!!str" {
		return fmt.Sprintf("the text %q", n.Value)
	}
	return n.Value
}
