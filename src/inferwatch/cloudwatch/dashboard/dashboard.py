"""The dashboard's body: the page's widgets, in its order and units, in CloudWatch's structure.

The structure is https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html.
"""

from __future__ import annotations

from typing import Any

from inferwatch.cloudwatch.dashboard.delivery import history_widget, lake_widget
from inferwatch.cloudwatch.dashboard.grid import placed
from inferwatch.cloudwatch.dashboard.widgets import Place, chart_widget, figures_widget, tiles_widget
from inferwatch.cloudwatch.names import Names, names
from inferwatch.cloudwatch.queries import slow_or_failed
from inferwatch.spec.charts import Chart, charts, widget_id
from inferwatch.spec.dashboard import Widget
from inferwatch.spec.monitor_spec import MonitorSpec

START = "-PT3H"


def dashboard_body(
    spec: MonitorSpec, region: str, account: str, *, called: Names | None = None, partition: str = "aws"
) -> dict[str, Any]:
    """The body of PutDashboard and AWS::CloudWatch::Dashboard, to be written as JSON.

    region, account and partition, which alarms are named by, may be tokens of a CDK app.
    """
    called = called or names(spec)
    place = Place(spec, called, region, f"arn:{partition}:cloudwatch:{region}:{account}:alarm:")
    drawn = {chart.id: chart for chart in charts(spec)}
    widgets = [_widget(place, widget, drawn.get(widget_id(i))) for i, widget in enumerate(spec.dashboard.widget)]
    return {"start": START, "periodOverride": "auto", "widgets": placed(widgets)}


def _widget(place: Place, widget: Widget, chart: Chart | None) -> dict[str, Any]:
    kind, properties = _properties(place, widget, chart)
    return {"type": kind, "width": widget.width, "height": widget.height, "properties": properties}


def _properties(place: Place, widget: Widget, chart: Chart | None) -> tuple[str, dict[str, Any]]:
    if chart is not None:
        return "metric", figures_widget(place, chart) if chart.type == "memory" else chart_widget(place, chart)
    match widget.type:
        case "tiles":
            return "metric", {**tiles_widget(place), **({"title": widget.title} if widget.title else {})}
        case "alarms":
            title = widget.title or "Alarms"
            return "alarm", {"alarms": _alarms(place), "sortBy": "stateUpdatedTimestamp", "title": title}
        case "transactions":
            title = f"{widget.title or 'Transactions'}, slow and failed"
            query = f"SOURCE '{place.called.log_group}' | {slow_or_failed(place.spec)}"
            return "log", {"query": query, "region": place.region, "view": "table", "title": title}
        case "history":
            return "metric", history_widget(place, widget.title or "History")
        case "lake":
            return "metric", lake_widget(place, widget.title or "Lake")
        case "notifications":
            return "text", {"markdown": _told(place.spec, place.called, widget.title)}
    return "text", {"markdown": _header(place.spec)}


def _alarms(place: Place) -> list[str]:
    """ARNs: the one over all, then the composites, then each."""
    spec, called = place.spec, place.called
    own = [alarm.name for alarm in spec.composite_alarms] + [alarm.name for alarm in spec.alarms]
    return [place.alarm_arn + name for name in (called.health_alarm, *map(called.alarm, own))]


def _header(spec: MonitorSpec) -> str:
    return f"# {spec.dashboard.title}\n\n{spec.dashboard.description}".strip()


def _told(spec: MonitorSpec, called: Names, title: str) -> str:
    """Who is told: CloudWatch keeps no list of what was sent. Names only, since a dashboard may be shared."""
    targets = ", ".join(f"`{name}` ({target.type})" for name, target in spec.notify.items() if target.type != "webhook")
    told = f"Changes of the alarms go to the topic `{called.topic}`"
    return f"### {title or 'Notifications'}\n\n{told}{f', and on to {targets}' if targets else ''}."
