#!/bin/sh
# SPDX-License-Identifier: MIT
# What every POSIX shell prints for this: `make user-check` runs it with our shell and with the
# machine's sh, and compares. Called with the arguments 1 and "2 3", in an empty directory.
echo hello "a  b" 'c $x' ; x=5; echo "$x" $((x*2+1)) $(( (x<3) || 1 ))
for i in 1 2 3; do echo -n "$i "; done; echo
i=0; while [ $i -lt 3 ]; do i=$((i+1)); if [ $i = 2 ]; then continue; fi; echo w$i; done
case foo.c in *.h) echo no;; *.c|*.d) echo yes;; esac
f() { echo "f: $1 $# $@"; return 3; }
f a "b c"; echo st=$?
echo one two | cat | wc -w
cat <<END
here $x $(echo sub)
END
cat <<'END'
raw $x
END
(cd /; pwd)
false || echo or; true && echo and; ! false && echo not
echo err 2>&1 >/dev/null; ls /nonexistent 2>/dev/null || echo failed $?
y=$(echo a; echo b); echo "$y"; echo $y
for a in "$@"; do echo "arg<$a>"; done
z="x y"; set -- $z; echo $#; set -- "$z"; echo $#
echo ${z:-d} ${nope:-def} ${#z} ${z%y} ${z#x}
touch a.1 b.1 c.2 .hid; echo *.1 '*' ?.2 [ab]* no*such "*".1; echo .h*
sh -c 'exit 7'; echo $?
{ echo grp; echo grp2; } | head -n 1
echo "nested $(echo "in $(echo deep)")" `echo bq`
trap 'echo bye' EXIT
sleep 0.1 & wait $!; echo waited $?
printf '%s-%03d\n' a 5 b 6
IFS=:; p=a:b:c; for q in $p; do echo -n "[$q]"; done; echo
unset IFS
echo one two three > f; read a b < f; echo "$a,$b"
if false; then :; elif true; then echo elif; else echo else; fi
until true; do :; done
echo "a
b" | while read l; do echo "l=$l"; done
X=1 sh -c 'echo X=$X'
kill -l >/dev/null && echo kl
echo \$x "q\"q" a\ b
echo done > zz; echo more >> zz; cat < zz; rm zz; cat zz 2>/dev/null || echo gone
sh -c 'kill -9 $$'; echo $?
echo $(( 7 / 2 )) $((1<<4)) $((5%3)) $((-3))
for i in a b; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done
eval 'g() { echo g$1; }'; g 1
echo "${z}x${z:+set}"
set -e; if false; then :; fi; false || true; set +e; false; echo alive
(set -e; false; echo never); echo sub $?
h() { for i in 1 2 3; do [ $i = 2 ] && return 5; done; }; h; echo ret $?
while read x y; do echo "$y-$x"; done <<END
a b
c d e
END
v=$(cat <<END
inner $((6 * 7))
END
); echo "$v"
echo a b c | { read x y; echo "$y"; }
{ echo out; echo err >&2; } 2>&1 | wc -l | { read n; echo $n; }
exec 3>log; echo to3 >&3; exec 3>&-; cat log
echo ${u:=assigned} $u ${u#ass} ${u##*i} ${u%%i*}
trap 'echo usr1' USR1; kill -USR1 $$; echo after
x=1; (x=2); echo $x; { x=3; }; echo $x
readonly r=1; echo $r
test -f log && test ! -d log && [ -s log -a 3 -lt 10 ] && echo tests
! true || echo neg; true & wait; echo $?
case x in (x) echo paren;; esac
"echo" quoted; e=echo; $e var; $nothing echo empty
echo "tab	in" 'sq"' "dq'" \\ "\$x \`"
