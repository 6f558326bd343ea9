# curl needs ca-certificates for https, git pages through less: both come as recommended packages
[ "$(grep -c BEGIN /etc/ssl/certs/ca-certificates.crt 2>/dev/null || echo 0)" -gt 50 ] && certificates=yes
command -v less >/dev/null && command -v ssh >/dev/null && pager=yes
echo "certificates: ${certificates:-no}, pager: ${pager:-no}"
