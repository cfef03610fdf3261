package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/notebooks/kernel"
)

func newKernel() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kernel",
		Short: "Install the Go kernel for Jupyter that the notebooks need",
		Long: `Installs, checks or removes gophernotes, the Go kernel for Jupyter, mended for
today's Go and with hgbench's results and plots built in. Then

  jupyter lab notebooks

opens the notebooks. docs/notebooks.md tells more.`,
		Example: "hgbench kernel install\nhgbench kernel status",
		Args:    positional(noArguments),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKernelInstall(), newKernelUninstall(), newKernelStatus())
	return cmd
}

func newKernelInstall() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Build the kernel from the source in this folder and register it",
		Long: `Builds the kernel in the user's cache folder and registers it with Jupyter under the
name ` + kernel.Name + `, for this user. It has to be run in a clone of the repository, and again
when results or plots have changed there. The first build takes a minute or two.

A kernel of that name that is not from here is replaced only after asking.`,
		Example: "hgbench kernel install\nhgbench kernel install --force",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer takeSignals(cmd)()
			return suggestForce(kernel.Install(cmd.Context(), kernelOptions(cmd, force)), "replaces")
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a kernel of the same name without asking")
	return cmd
}

func newKernelUninstall() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:     "uninstall",
		Short:   "Remove the kernel and what was built for it",
		Example: "hgbench kernel uninstall",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return suggestForce(kernel.Uninstall(kernelOptions(cmd, force)), "removes")
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "remove a kernel of that name that is not from here without asking")
	return cmd
}

func kernelOptions(cmd *cobra.Command, force bool) kernel.Options {
	return kernel.Options{
		Replace: func(folder string) bool {
			return force || confirm(cmd, folder+" is of another installation. Go on all the same?")
		},
		Progress: func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) },
	}
}

// suggestForce says how to go on where nobody could be asked.
func suggestForce(err error, does string) error {
	if errors.Is(err, kernel.ErrNotOurs) {
		return fmt.Errorf("%w; --force %s it", err, does)
	}
	return err
}

// confirm asks a question on the terminal. Without one the answer is no.
func confirm(cmd *cobra.Command, question string) bool {
	if !isTerminal(cmd.ErrOrStderr()) || cmd.InOrStdin() != os.Stdin || !isTerminal(os.Stdin) {
		return false
	}
	fmt.Fprint(cmd.ErrOrStderr(), question+" [y/N] ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	answer := strings.ToLower(strings.TrimSpace(line))
	return err == nil && (answer == "y" || answer == "yes")
}
