"""A real Spark cluster for the tests: pyspark's own distribution, a master and two workers on the loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pyspark

SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.default.parallelism": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.ui.enabled": "false",
}
_LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_LOGGING = "rootLogger.level = error\nrootLogger.appenderRef.stderr.ref = console\n"
_CONSOLE = "appender.console.type = Console\nappender.console.name = console\nappender.console.target = SYSTEM_ERR\n"
_PATIENCE_SECONDS = 60
_END_SECONDS = 2


def has_java() -> bool:
    """Tell whether Spark can run here."""
    return "JAVA_HOME" in os.environ or shutil.which("java") is not None


class SparkCluster:
    """A master and two workers of one core each; `environment` is what a driver needs to find their settings."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="scv-spark-"))
        self._write_settings()
        self.environment = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(self._folder)}
        port = _free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self._daemons = [self._daemon("master.Master", "--host", "127.0.0.1", "--port", str(port))]
        _wait_for(port)
        for name in ("one", "two"):
            work = str(self._folder / name)
            self._daemons.append(
                self._daemon("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", work, self.master)
            )

    def _write_settings(self) -> None:
        lines = [f"{name} {value}\n" for name, value in SETTINGS.items()]
        lines += [f"spark.{side}.extraJavaOptions {_LIGHT}\n" for side in ("driver", "executor")]
        lines.append(f"spark.local.dir {self._folder / 'local'}\n")
        (self._folder / "spark-defaults.conf").write_text("".join(lines))
        (self._folder / "log4j2.properties").write_text(_LOGGING + _CONSOLE)

    def _daemon(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        home = Path(pyspark.__file__).parent
        daemon = {"SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": _LIGHT}
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--webui-port", "0"]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*command, *arguments], env=os.environ | self.environment | daemon, stdout=log, stderr=log
            )

    def remove(self) -> None:
        """Stop the workers, then the master; nothing stays behind, not even who inherited to ignore SIGTERM."""
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
