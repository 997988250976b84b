# Begins a learner's server on a hub, as the learner: sh begin-server.sh jupyterhub-singleuser …
umask 077

# A folder for the sockets of the kernels, whose paths must be short, and not on a network drive.
JUPYTER_RUNTIME_DIR="$(mktemp -d "${TMPDIR:-/tmp}/kit-XXXXXX")"
export JUPYTER_RUNTIME_DIR

# The lessons: new ones come, what is there already stays as the learner has left it.
mkdir -p ~/voice-call-notebooks && cp -Rn "$(dirname "$0")/../notebooks" ~/voice-call-notebooks

exec "$@"
