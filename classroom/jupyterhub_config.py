"""A JupyterHub for classes on one machine, with the exchange on which its learners ring each other.

``jupyterhub -f classroom/jupyterhub_config.py``, as root: docs/teaching/jupyterhub.md. ``make hub-test`` runs it, with
another authenticator and another spawner.
"""

import hashlib
import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPError

c = get_config()  # noqa: F821
KIT = Path(__file__).resolve().parents[1]  # in it `python3 lab.py check` has made .venv; learners read it
PROGRAMS = KIT / ".venv" / "bin"
EXCHANGE = f"http://127.0.0.1:{os.environ.get('EXCHANGE_PORT', '9000')}"
TEACHER = os.environ.get("EXCHANGE_TOKEN") or secrets.token_hex(32)  # the teacher's token on the exchange

# Who is let in, and as whom. JupyterHub's own choice is PAM and LocalProcessSpawner: the accounts of this machine, each
# with a uid, so that nobody reads another's files. Others that keep this: oauthenticator or ltiauthenticator (the
# university's login), systemdspawner (limits of memory, too), dockerspawner.
c.PAMAuthenticator.allowed_groups = {"learners"}

# A learner's server. It begins with a copy of the lessons in their home folder, and a place for sockets.
c.Spawner.cmd = ["/bin/sh", str(KIT / "classroom/begin-server.sh"), str(PROGRAMS / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = "~/voice-call-notebooks"
c.Spawner.default_url = "/lab/tree/notebooks/00-start-here.ipynb"
c.Spawner.args = [
    "--KernelManager.transport=ipc",  # over TCP thirty kernels that start together take each other's ports
    "--MappingKernelManager.kernel_info_timeout=180",
    # A kernel whose tab was closed is ended after 20 minutes, and a server on which nothing happens after two hours.
    "--MappingKernelManager.cull_idle_timeout=1200",
    "--MappingKernelManager.cull_interval=60",
    "--ServerApp.shutdown_no_activity_timeout=7200",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LanguageServerManager.autodetect=False",
]
# Thirty cold starts at once on two cores take a minute and a half.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180

# The exchange. The board of the teacher is at /services/exchange/; learners' kernels go straight to its port.
c.JupyterHub.services = [
    {
        "name": "exchange",
        "url": EXCHANGE,
        "user": "voice-exchange",
        "cwd": "/var/lib/voice-exchange",
        "command": [
            *(str(PROGRAMS / "python"), "-m", "helpers.simulator", "--class", "--quiet"),
            *("--port", EXCHANGE.rpartition(":")[2], "--prefix", "/services/exchange/", "--state", "accounts"),
        ],
        "environment": {"SIMULATOR_TOKEN": TEACHER},
    }
]


async def admit(spawner):
    """Give a learner an account on the exchange, which ``kit.join()`` finds. Without one they learn by themselves."""
    name = spawner.user.name
    if len(name) > 30:  # what the exchange takes
        name = f"{name[:21]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    url, bearer = f"{EXCHANGE}/class/members/{quote(name, safe='')}", {"Authorization": f"Bearer {TEACHER}"}
    try:
        reply = await AsyncHTTPClient().fetch(url, method="PUT", body=b"", headers=bearer)
    except (OSError, HTTPError) as error:
        spawner.log.warning("The exchange has no account for %s: %s", name, error)
        return
    own = {"CLASS_URL": EXCHANGE, "CLASS_TOKEN": json.loads(reply.body)["token"]}
    spawner.environment = {**spawner.environment, **own}


c.Spawner.pre_spawn_hook = admit
