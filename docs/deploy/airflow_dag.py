"""Run Sentinel after the nightly load, from Airflow, in place of the daemon's own schedule; see ../serve.md.

Exit 1 is findings at or above --fail-on: the task fails, and whoever is told of failed tasks hears of it. Exit 2 (something could not
be judged) fails it as well; the retry then judges what is back.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="sentinel",
    start_date=datetime(2026, 1, 1),
    schedule="0 6 * * *",
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=10)},
) as dag:
    BashOperator(
        task_id="check_the_warehouse",
        # The folder with .env and sentinel.yaml.
        cwd="/var/lib/sentinel",
        bash_command="node /opt/sentinel/dist/main.js run --quiet --source batch --fail-on critical",
        append_env=True,
        execution_timeout=timedelta(hours=2),
    )
