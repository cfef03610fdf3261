# Shortens the output of "go test -v ./...": the line of each package, whatever
# a package that failed has printed, and every skipped test with its reason.

function forget() { lines = skips = 0; delete said }

/^=== /              { test = $3; next }
/^ *--- PASS/        { passed++; next }
/^ *--- SKIP/        { skipped++; skip[++skips] = $0 "\n" said[$3]; next }
/^ *--- FAIL/        { failed++ }
/^(PASS|FAIL)$/      { next }
/^ok  /              { for (i = 1; i <= skips; i++) print skip[i]; print; fflush(); forget(); next }
/\[no test files\]$/ { next }
/^FAIL\t/            { for (i = 1; i <= lines; i++) print line[i]; print; fflush(); forget(); next }
                     { line[++lines] = $0; said[test] = $0 }

END {
	for (i = 1; i <= lines; i++) print line[i]
	printf "%d tests passed, %d failed, %d skipped\n", passed, failed, skipped
}
