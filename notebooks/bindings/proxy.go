package main

import (
	"fmt"
	"go/types"
	"strings"
)

// proxy writes the type through which an interpreted type implements a compiled
// interface, such as plot.Plotter, and returns its name:
//
//	type P_plot_Plotter struct {
//		Object any
//		Plot_  func(any, draw.Canvas, *plot.Plot)
//	}
//	func (p *P_plot_Plotter) Plot(a0 draw.Canvas, a1 *plot.Plot) { p.Plot_(p.Object, a0, a1) }
//
// Interfaces that another package cannot implement, or whose methods it cannot
// spell, have none: the name is empty.
func (b *binding) proxy(obj *types.TypeName) string {
	i, ok := obj.Type().Underlying().(*types.Interface)
	if !ok || obj.IsAlias() {
		return ""
	}
	for m := range i.Methods() {
		if !m.Exported() || !speakable(m.Signature()) {
			return ""
		}
	}
	name := "P_" + obj.Name() + "_" + identifier(b.pkg.Path())
	fields, methods := "Object any\n", ""
	for m := range i.Methods() {
		var inputs, arguments []string
		for k := range m.Signature().Params().Len() {
			t := types.TypeString(m.Signature().Params().At(k).Type(), b.alias)
			argument := fmt.Sprintf("a%d", k)
			if m.Signature().Variadic() && k == m.Signature().Params().Len()-1 {
				t, argument = "..."+strings.TrimPrefix(t, "[]"), argument+"..."
			}
			inputs, arguments = append(inputs, t), append(arguments, argument)
		}
		var outputs []string
		for out := range m.Signature().Results().Variables() {
			outputs = append(outputs, types.TypeString(out.Type(), b.alias))
		}
		result, give := "("+strings.Join(outputs, ", ")+")", "return "
		if len(outputs) == 0 {
			result, give = "", ""
		}
		named := make([]string, len(inputs))
		for k, t := range inputs {
			named[k] = fmt.Sprintf("a%d %s", k, t)
		}
		fields += fmt.Sprintf("%s_ func(%s) %s\n", m.Name(), strings.Join(append([]string{"any"}, inputs...), ", "), result)
		methods += fmt.Sprintf("func (p *%s) %s(%s) %s { %sp.%s_(%s) }\n", name, m.Name(), strings.Join(named, ", "), result,
			give, m.Name(), strings.Join(append([]string{"p.Object"}, arguments...), ", "))
	}
	fmt.Fprintf(&b.proxyTypes, "\ntype %s struct {\n%s}\n\n%s", name, fields, methods)
	return name
}

// speakable tells whether every type of a signature can be written in another
// package: exported, and not in an internal one.
func speakable(s *types.Signature) bool {
	ok := true
	// The qualifier is asked for each named type; what it says is not used.
	types.TypeString(s, func(pkg *types.Package) string {
		if strings.HasPrefix(pkg.Path(), "internal/") || strings.Contains(pkg.Path(), "/internal/") || strings.HasSuffix(pkg.Path(), "/internal") {
			ok = false
		}
		return ""
	})
	return ok
}
