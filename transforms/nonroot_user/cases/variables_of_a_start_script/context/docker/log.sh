LOG_FILE="${LOG_FILE:-/var/log/worker/start.log}"
log() {
  mkdir -p "$(dirname "$LOG_FILE")"
  echo "$(date) $1" >> "$LOG_FILE"
}
