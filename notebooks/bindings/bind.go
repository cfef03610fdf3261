package main

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/format"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// binding is the file of one package in the making.
type binding struct {
	pkg     *types.Package
	aliases map[string]string // import path to the name it has in the file

	binds, types, proxies, untypeds, wrappers []string
	proxyTypes                                bytes.Buffer
}

// bind writes the file that registers pkg: the form is that of gomacro's own
// imports, see github.com/cosmos72/gomacro/imports.
func bind(pkg *types.Package) ([]byte, error) {
	b := &binding{pkg: pkg, aliases: map[string]string{}}
	for _, name := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(name); obj.Exported() {
			b.add(obj)
		}
	}
	source, err := format.Source(b.file())
	if err != nil {
		return nil, fmt.Errorf("bindings of %s: %w", pkg.Path(), err)
	}
	return source, nil
}

// add registers one exported object. What is generic has no value or type until
// it is instantiated, which interpreted code cannot do: it is left out.
func (b *binding) add(obj types.Object) {
	name := b.alias(b.pkg) + "." + obj.Name()
	entry := func(value string) string { return fmt.Sprintf("%q: %s,\n", obj.Name(), value) }
	switch obj := obj.(type) {
	case *types.Var:
		b.binds = append(b.binds, entry("reflect.ValueOf(&"+name+").Elem()"))
	case *types.Func:
		if obj.Signature().TypeParams().Len() == 0 {
			b.binds = append(b.binds, entry("reflect.ValueOf("+name+")"))
		}
	case *types.Const:
		value := name
		if basic, ok := obj.Type().(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
			value = sized(obj.Val(), name)
			if exact := untyped(basic, obj.Val()); exact != "" {
				b.untypeds = append(b.untypeds, entry(fmt.Sprintf("%q", exact)))
			}
		}
		b.binds = append(b.binds, entry("reflect.ValueOf("+value+")"))
	case *types.TypeName:
		if generic(obj.Type()) {
			return
		}
		b.types = append(b.types, entry("reflect.TypeFor["+name+"]()"))
		if proxy := b.proxy(obj); proxy != "" {
			b.proxies = append(b.proxies, entry("reflect.TypeFor["+proxy+"]()"))
		}
		if promoted := promoted(obj.Type()); len(promoted) > 0 {
			b.wrappers = append(b.wrappers, entry(fmt.Sprintf("%#v", promoted)))
		}
	}
}

// sized gives an untyped whole number a type that holds it, as reflection needs.
func sized(v constant.Value, name string) string {
	if v.Kind() != constant.Int {
		return name
	}
	if i, exact := constant.Int64Val(v); exact && i == int64(int32(i)) {
		return name
	} else if exact {
		return "int64(" + name + ")"
	}
	if _, exact := constant.Uint64Val(v); exact {
		return "uint64(" + name + ")"
	}
	return "float64(" + name + ")"
}

// untyped is the exact value of an untyped constant, in the notation of
// gomacro's base/untyped.
func untyped(t *types.Basic, v constant.Value) string {
	switch t.Kind() {
	case types.UntypedBool:
		return "bool:" + v.ExactString()
	case types.UntypedInt:
		return "int:" + v.ExactString()
	case types.UntypedRune:
		return "rune:" + v.ExactString()
	case types.UntypedFloat:
		return "float:" + v.ExactString()
	case types.UntypedString:
		return "string:" + constant.StringVal(v)
	}
	return ""
}

// generic tells types that do not exist at run time: parametrised ones, and
// constraints.
func generic(t types.Type) bool {
	if p, ok := t.(interface{ TypeParams() *types.TypeParamList }); ok && p.TypeParams().Len() > 0 {
		return true
	}
	i, ok := t.Underlying().(*types.Interface)
	return ok && !i.IsMethodSet()
}

// promoted names the methods that a struct has from embedded fields, which
// reflection cannot tell from its own.
func promoted(t types.Type) []string {
	if _, ok := t.Underlying().(*types.Struct); !ok {
		return nil
	}
	var names []string
	for m := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if len(m.Index()) > 1 && m.Obj().Exported() {
			names = append(names, m.Obj().Name())
		}
	}
	return names
}

// alias is the name that a package is imported by in the file.
func (b *binding) alias(pkg *types.Package) string {
	name, ok := b.aliases[pkg.Path()]
	if !ok {
		name = identifier(pkg.Path())
		b.aliases[pkg.Path()] = name
	}
	return name
}

// identifier makes an identifier of an import path, another one for each.
func identifier(path string) string {
	return "x_" + strings.NewReplacer("_", "__", "/", "_s", ".", "_d", "-", "_m").Replace(path)
}

func (b *binding) file() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "// Code generated for %s; DO NOT EDIT.\n\npackage imports\n\nimport (\n\"reflect\"\n", b.pkg.Path())
	for _, path := range slices.Sorted(maps.Keys(b.aliases)) {
		fmt.Fprintf(&out, "%s %q\n", b.aliases[path], path)
	}
	fmt.Fprintf(&out, ")\n\nfunc init() {\nPackages[%q] = Package{\nName: %q,\n", b.pkg.Path(), b.pkg.Name())
	for _, m := range []struct {
		name, element string
		entries       []string
	}{
		{"Binds", "reflect.Value", b.binds},
		{"Types", "reflect.Type", b.types},
		{"Proxies", "reflect.Type", b.proxies},
		{"Untypeds", "string", b.untypeds},
		{"Wrappers", "[]string", b.wrappers},
	} {
		if len(m.entries) > 0 {
			fmt.Fprintf(&out, "%s: map[string]%s{\n%s},\n", m.name, m.element, strings.Join(m.entries, ""))
		}
	}
	out.WriteString("}\n}\n")
	out.Write(b.proxyTypes.Bytes())
	return out.Bytes()
}
