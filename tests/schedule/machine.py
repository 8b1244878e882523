"""The Lambda function and the state machine. The function runs against a runtime interface of our own; the state machine
runs in moto, where no Lambda runs (that needs Docker): its step is a Pass there, and hands on what the function answered
before."""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = ROOT / "templates/schedule"
REGION = "eu-west-1"


@contextlib.contextmanager
def runtime(events: list[str]):
    """Lambda's runtime interface, version 2018-06-01: hands out the events, and keeps the answers."""
    answers: list[tuple[str, dict]] = []
    waiting = list(enumerate(events))
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/2018-06-01/runtime/invocation/next"
            if not waiting:
                ended.set()
                time.sleep(60)  # as Lambda does: the function is frozen here
                return
            number, event = waiting.pop(0)
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{number}")
            self.end_headers()
            self.wfile.write(event.encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.append((self.path.removeprefix("/2018-06-01/runtime/invocation/"), json.loads(body)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", answers, ended
    finally:
        server.shutdown()


def function(bench) -> list[dict]:
    """What the function answers for both environments; made up if it cannot run here."""
    made_up = [{"environments": ["analytics"], "exit_code": 2, "drift": 1, "not_checked": 0},
               {"environments": ["lake"], "exit_code": 0, "drift": 0, "not_checked": 0}]
    missing = [tool for tool in ["curl", "jq"] if not shutil.which(tool)]
    if missing:
        bench.count.skip("lambda-bootstrap", f"there is no {', '.join(missing)}")
        return made_up
    if not bench.can("lambda-bootstrap", "--report", "--format brief"):
        return made_up
    events = ['{"environments": ["analytics"]}', '{"environments": ["lake"]}', '{"environments": ["--help"]}',
              '{"environments": "analytics"}', "[]", '{"environments": ["nowhere"]}']
    with runtime(events) as (address, answers, ended):
        environment = bench.environment("changed", AWS_LAMBDA_RUNTIME_API=address, HATRACK_PROJECT=str(bench.project))
        process = subprocess.Popen(["sh", str(SCHEDULE / "lambda-bootstrap"), "drift"], env=environment, cwd=bench.project,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        ended.wait(120)
        os.killpg(process.pid, 15)  # its own group: the shell and the curl that waits
        log = process.communicate()[0]
    wanted = [(f"request-{number}/response", answer) for number, answer in enumerate(made_up)]
    bench.count.note("lambda-bootstrap: answers a line for each account", answers[:2] == wanted, f"{answers}\n{log}")
    refused = [path for path, answer in answers[2:] if answer.get("errorType") == "NoReport"]
    bench.count.note("lambda-bootstrap: what is no name of an environment is an error",
                     refused == [f"request-{number}/error" for number in range(2, 6)], f"{answers}\n{log}")
    bench.count.note("lambda-bootstrap: the report is in the log", "AdministratorAccess" in log, log)
    return [answer for _, answer in answers[:2]] if answers[:2] == wanted else made_up


def accounts(bench, answers: list[dict]) -> None:
    quiet = [answer | {"exit_code": 0, "drift": 0} for answer in answers]
    unread = [quiet[0], quiet[1] | {"exit_code": 1}]
    both = [answers[0], quiet[1] | {"exit_code": 3}]
    drift = 'Drift in ["analytics"]'
    cases = [("drift", answers, "SUCCEEDED", drift), ("no drift", quiet, "SUCCEEDED", None), ("something unread", unread, "FAILED", None),
             ("drift, and a refusal", both, "FAILED", drift), ("no list of accounts", None, "FAILED", None)]
    for name, items, status, message in cases:
        found, told, history = execute(items)
        good = found == status and (message is None) == (not told) and all(message in text for text in told)
        bench.count.note(f"step-functions-accounts.asl.json: {name} → {status}", good, f"{found} {told}\n{history}")


def moto_like_aws() -> None:
    """Two things that Step Functions does and moto does not: the body of an object is text, and the result writer writes
    the results (compact: a list of what each execution put out) and names the file in the manifest."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import resource_eval_s3
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk as sdk

    def write(env, resource_runtime_part, state_credentials):
        parameters, results = env.stack.pop(), env.stack.pop()
        run = env.map_run_record_pool_manager.get_all().pop().map_run_arn
        folder = f"{parameters['Prefix']}/{run.split(':')[-1]}"
        client = resource_eval_s3.ResourceEvalS3._get_s3_client(resource_runtime_part, state_credentials)
        body = json.dumps(results).encode()
        client.put_object(Bucket=parameters["Bucket"], Key=f"{folder}/SUCCEEDED_0.json", Body=body)
        files = {"FAILED": [], "PENDING": [], "SUCCEEDED": [{"Key": f"{folder}/SUCCEEDED_0.json", "Size": len(body)}]}
        manifest = {"DestinationBucket": parameters["Bucket"], "MapRunArn": run, "ResultFiles": files}
        client.put_object(Bucket=parameters["Bucket"], Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode())
        env.stack.append({"MapRunArn": run, "ResultWriterDetails": {"Bucket": parameters["Bucket"], "Key": f"{folder}/manifest.json"}})

    resource_eval_s3.ResourceEvalS3._handle_put_object = staticmethod(write)
    service = sdk.StateTaskServiceAwsSdk
    before = getattr(service, "before", service._eval_service_task)

    def evaluate(self, env, **more):
        before(self, env, **more)
        answer = env.stack[-1]
        if hasattr(answer.get("Body"), "read"):
            answer["Body"] = answer["Body"].read().decode()

    service.before, service._eval_service_task = before, evaluate


def execute(items: list[dict] | None) -> tuple[str, list[str], str]:
    """Runs the machine once: how it ended, what the topic was told, and the history if it did not go well."""
    import logging

    import boto3
    from moto import mock_aws

    logging.getLogger("moto").setLevel(logging.CRITICAL)  # it tells each failure on its way up, and we want some
    moto_like_aws()
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        keys = {"region_name": REGION, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        s3, sns, sqs, machines = (boto3.client(name, **keys) for name in ["s3", "sns", "sqs", "stepfunctions"])
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": REGION})
        if items is not None:
            s3.put_object(Bucket="reports", Key="accounts.json", Body=json.dumps(items))
        topic = sns.create_topic(Name="drift")["TopicArn"]
        queue = sqs.create_queue(QueueName="ear")["QueueUrl"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:ear")
        text = (SCHEDULE / "aws/step-functions-accounts.asl.json").read_text()
        definition = json.loads(text.replace("${Bucket}", "reports").replace("${Topic}", topic).replace("${Function}", "unused"))
        look = definition["States"]["LookAtAccounts"]
        look["ItemProcessor"]["States"]["Look"] = {"Type": "Pass", "End": True}
        # What moto's grammar does not know: asl-validator has seen it.
        look["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "STANDARD"
        look["ToleratedFailurePercentage"] = float(look["ToleratedFailurePercentage"])
        del look["ResultWriter"]["WriterConfig"]
        made = machines.create_state_machine(name="hatrack-drift", definition=json.dumps(definition),
                                             roleArn="arn:aws:iam::123456789012:role/machine")
        started = machines.start_execution(stateMachineArn=made["stateMachineArn"], input="{}")["executionArn"]
        for _ in range(300):
            execution = machines.describe_execution(executionArn=started)
            if execution["status"] != "RUNNING":
                break
            time.sleep(0.1)
        told = [json.loads(m["Body"])["Message"] for m in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])]
        history = machines.get_execution_history(executionArn=started)["events"]
        return execution["status"], told, "\n".join(str({k: v for k, v in e.items() if k != "timestamp"}) for e in history)
