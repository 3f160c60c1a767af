"""The lake as a table of Glue's catalog, by which Firehose writes its files and Athena reads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inferwatch.cloudwatch.names import GLUE_DEFAULT, LAKE_ALIAS, LAKE_OF, LAKE_TABLE, Names
from inferwatch.lake import layout
from inferwatch.lake.columns import GLUE, GLUE_COLUMNS, Kind

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_TWICE = "Inference transactions; one may be there twice, with the same transaction_id"
_SLACK_DAYS = 2  # the bucket's lifecycle deletes at the end of a day


class LakeTable(Construct):
    """Database and table, and the table once more under its other name, for readers. Partitions are projected: nobody
    has to add the day that begins.

    features: the columns of declared features. database, table, alias; arns: of database, table and catalog, for the
    policy of who writes by them; read_arns: these and the alias, for readers; default_arns: of the database that
    Athena looks at too, and catalog.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        called: Names,
        bucket: s3.IBucket,
        days: int,
        features: Mapping[str, Kind],
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=stack.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=called.lake_database, description=f"{LAKE_OF}{called.log_group}"
            ),
        )
        input_of = partial(_input, _parameters(called, bucket, days), _storage(bucket, features))
        self.table = self._table("Table", called, input_of(LAKE_TABLE, _TWICE))
        self.alias = self._table("Alias", called, input_of(LAKE_ALIAS, f"{LAKE_TABLE}, under another name"))
        resource = partial(stack.format_arn, service="glue")
        self.arns = [
            resource(resource="catalog"),
            resource(resource="database", resource_name=called.lake_database),
            resource(resource="table", resource_name=f"{called.lake_database}/{LAKE_TABLE}"),
        ]
        alias = resource(resource="table", resource_name=f"{called.lake_database}/{LAKE_ALIAS}")
        self.read_arns = [*self.arns, alias]
        default = resource(resource="database", resource_name=GLUE_DEFAULT)
        self.default_arns = [resource(resource="catalog"), default]

    def _table(self, id: str, called: Names, given: glue.CfnTable.TableInputProperty) -> glue.CfnTable:
        table = glue.CfnTable(
            self, id, catalog_id=Stack.of(self).account, database_name=called.lake_database, table_input=given
        )
        table.add_resource_dependency(self.database)
        return table


def _input(
    parameters: Mapping[str, str],
    storage: glue.CfnTable.StorageDescriptorProperty,
    name: str,
    description: str,
) -> glue.CfnTable.TableInputProperty:
    return glue.CfnTable.TableInputProperty(
        name=name,
        description=description,
        table_type="EXTERNAL_TABLE",
        parameters=parameters,
        partition_keys=[_column(layout.MODEL, "string"), _column(layout.DAY, "string")],
        storage_descriptor=storage,
    )


def _parameters(called: Names, bucket: s3.IBucket, days: int) -> dict[str, str]:
    """https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html"""
    model, day = layout.MODEL, layout.DAY
    return {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "projection.enabled": "true",
        f"projection.{model}.type": "enum",
        f"projection.{model}.values": layout.model_value(called.log_group),
        f"projection.{day}.type": "date",
        f"projection.{day}.format": "yyyy-MM-dd",
        f"projection.{day}.range": f"NOW-{days + _SLACK_DAYS}DAYS,NOW",
        "storage.location.template": bucket.s3_url_for_object(
            f"{layout.FOLDER}/{model}=${{{model}}}/{day}=${{{day}}}/"
        ),
    }


def _storage(bucket: s3.IBucket, features: Mapping[str, Kind]) -> glue.CfnTable.StorageDescriptorProperty:
    declared = {name: GLUE[kind] for name, kind in features.items()}
    return glue.CfnTable.StorageDescriptorProperty(
        columns=[_column(name, kind) for name, kind in {**GLUE_COLUMNS, **declared}.items()],
        location=bucket.s3_url_for_object(f"{layout.FOLDER}/"),
        input_format=f"{_PARQUET}.MapredParquetInputFormat",
        output_format=f"{_PARQUET}.MapredParquetOutputFormat",
        serde_info=glue.CfnTable.SerdeInfoProperty(
            serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe", parameters={"serialization.format": "1"}
        ),
    )


def _column(name: str, kind: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=kind)
