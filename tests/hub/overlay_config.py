"""``classroom/jupyterhub_config.py`` for a test: one password for all, users without accounts, own ports."""

import os
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner

c = get_config()  # noqa: F821
load_subconfig(os.environ["HUB_CONFIG"])  # noqa: F821
FOLDER = Path(os.environ["HUB_FOLDER"])
PORT = int(os.environ["HUB_PORT"])


class OwnUid(SimpleLocalProcessSpawner):
    """A home folder and a uid for each, without an account on this machine."""

    home_dir_template = f"{FOLDER}/homes/{{username}}"

    def make_preexec_fn(self, name):
        home, uid = self.home_dir, 60_000 + self.user.id

        def become():
            Path(home).mkdir(0o700, parents=True, exist_ok=True)
            os.chown(home, uid, uid)
            os.chdir(home)
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)

        return become


c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = OwnUid
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.command = [os.environ["HUB_PROXY"]]
c.ConfigurableHTTPProxy.pid_file = f"{FOLDER}/proxy.pid"
c.JupyterHub.db_url = f"sqlite:///{FOLDER}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{FOLDER}/cookie_secret"
c.JupyterHub.services[0] |= {"user": "nobody", "cwd": f"{FOLDER}/exchange"}
c.JupyterHub.services.append({"name": "driver", "api_token": os.environ["HUB_TOKEN"]})
c.JupyterHub.load_roles = [
    {"name": "driver", "services": ["driver"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
# What the tests ask the page about notebooks, as tests/browser/lab.py does.
c.Spawner.args = [*c.Spawner.args, "--LabApp.expose_app_in_browser=True"]
c.Spawner.environment = {"TMPDIR": f"{FOLDER}/t"}  # where nothing stays
