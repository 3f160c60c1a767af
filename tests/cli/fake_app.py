"""A model's folder whose CDK app is plain Python: it writes a small assembly, and what it was called with."""

from __future__ import annotations

from pathlib import Path

SPEC = '[model]\nnamespace = "/test"\nname = "claim"\npredict = "app:predict"\n'
STACK = "test-claim"
IMAGE = "1" * 64
TEMPLATE_FILE = "2" * 64
APP = f'''
import json, os, sys
from pathlib import Path

folder = Path(os.environ["CDK_OUTDIR"])
folder.mkdir()
alarm = {{"Type": "AWS::CloudWatch::Alarm", "Properties": {{"AlarmName": "claim-High-Latency-Alarm"}}}}
template = {{"Resources": {{
    "Function": {{"Type": "AWS::Lambda::Function", "Properties": {{"FunctionName": "claim-Inference"}}}},
    "Role": {{"Type": "AWS::IAM::Role"}},
    "Alarm": alarm,
}}}}
said = {{"type": "aws:cdk:warning", "data": "notify.slack: nobody hears it [ack: inferwatch:notify.slack]"}}
artifact = {{
    "type": "aws:cloudformation:stack",
    "properties": {{"templateFile": "claim.template.json", "stackName": "{STACK}"}},
    "metadata": {{"/claim": [said, {{"type": "aws:cdk:logicalId", "data": "Alarm"}}]}},
}}
assets = {{"dockerImages": {{"{IMAGE}": {{}}}}, "files": {{"{TEMPLATE_FILE}": {{}}}}}}
(folder / "cdk.out").write_text("{{}}")
(folder / "manifest.json").write_text(json.dumps({{"artifacts": {{"claim": artifact}}}}))
(folder / "claim.template.json").write_text(json.dumps(template))
(folder / "claim.assets.json").write_text(json.dumps(assets))
told = {{key: value for key, value in os.environ.items() if key.startswith(("CDK_", "INFERWATCH_", "JSII_NODE"))}}
Path("told.json").write_text(json.dumps({{**told, "python": sys.executable}}))
'''


def write(folder: Path) -> Path:
    """The folder, with its spec and its app."""
    folder.mkdir(exist_ok=True)
    (folder / "inferwatch.toml").write_text(SPEC)
    (folder / "app.py").write_text("def predict(features): return 1\n")
    (folder / "cdk_app.py").write_text(APP)
    return folder
