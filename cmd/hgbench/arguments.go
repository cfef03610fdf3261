package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// positional makes usage errors of what check says about the arguments, and
// of flags that do not go together.
func positional(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := errors.Join(check(cmd, args), flagGroups(cmd.ValidateFlagGroups())); err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		return nil
	}
}

// noArguments refuses arguments.
func noArguments(cmd *cobra.Command, args []string) error { return atMost(0)(cmd, args) }

// atMost refuses more than n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > n {
			return fmt.Errorf("unexpected argument %q", args[n])
		}
		return nil
	}
}

// atLeast refuses fewer than n arguments.
func atLeast(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return fmt.Errorf("too few arguments: want %s %s", cmd.Parent().CommandPath(), cmd.Use)
		}
		return nil
	}
}

// exactly wants n arguments.
func exactly(n int) cobra.PositionalArgs { return cobra.MatchAll(atLeast(n), atMost(n)) }

var (
	oneRequired = regexp.MustCompile(`^at least one of the flags in the group \[(.*)\] is required$`)
	exclusive   = regexp.MustCompile(`none of the others can be; \[(.*)\] were all set$`)
)

// flagGroups says in plain words what cobra says of flags that do not go together.
func flagGroups(err error) error {
	if err == nil {
		return nil
	}
	if m := oneRequired.FindStringSubmatch(err.Error()); m != nil {
		return errors.New("want " + dashed(m[1], " or "))
	}
	if m := exclusive.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s do not go together", dashed(m[1], " and "))
	}
	return err
}

// dashed lists names of flags as they are typed.
func dashed(names, between string) string {
	return "--" + strings.Join(strings.Fields(names), between+"--")
}

// wanted says what flags of a type want.
var wanted = map[string]string{
	"int":      "want a whole number",
	"uint64":   "want a whole number from 0",
	"float64":  "want a number",
	"bool":     "want true or false",
	"duration": "want a time such as 90s or 1h30m, or 0",
}

// flagMistake says in plain words what is wrong with a flag's value.
func flagMistake(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	if want, ok := wanted[flag.Value.Type()]; ok {
		return fmt.Errorf("--%s %s: %s", flag.Name, invalid.GetValue(), want)
	}
	return fmt.Errorf("--%s %s: %w", flag.Name, invalid.GetValue(), errors.Unwrap(invalid))
}
