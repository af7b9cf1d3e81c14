"""Drives the local endpoint with an unchanged PyODPS: an outside client that shares no code with it.

Usage: check_endpoint.py ENDPOINT ACCESS_ID ACCESS_KEY PROJECT. Prints one line per check that passed;
ends with status 1 and a traceback at the first that did not.
"""

import datetime
import decimal
import sys

import pyarrow as pa
from odps import ODPS, errors, options

endpoint, access_id, access_key, project = sys.argv[1:5]
options.tunnel.use_instance_tunnel = True
options.sql.use_odps2_extension = True
odps = ODPS(access_id, access_key, project, endpoint=endpoint)


def check(function):
    function()
    print("ok", function.__name__, flush=True)


def expect_error(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


def odps_zlib():
    from odps.tunnel import CompressOption

    return CompressOption(CompressOption.CompressAlgorithm.ODPS_ZLIB)


def rows(reader):
    return [list(record.values) for record in reader]


@check
def create_and_describe_tables():
    odps.delete_table("t1", if_exists=True)
    table = odps.create_table("t1", "id bigint, name string", if_not_exists=True, comment="it's one")
    assert odps.exist_table("t1")
    assert not odps.exist_table("none")
    assert [c.name for c in table.table_schema.columns] == ["id", "name"]
    assert table.comment == "it's one", table.comment
    assert "t1" in [t.name for t in odps.list_tables()]


@check
def write_and_read_records():
    data = [[1, "alice"], [-2, None], [None, "\u4f60\u597d"], [2**63 - 1, "x" * 100_000]]
    with odps.get_table("t1").open_writer() as writer:
        writer.write(data)
    with odps.get_table("t1").open_reader() as reader:
        assert reader.count == 4
        assert rows(reader) == data, rows(reader)
        assert rows(reader[1:3]) == data[1:3]
    with odps.get_table("t1").open_writer(compress_option=odps_zlib()) as writer:
        writer.write([[5, "zlib"]])
    with odps.get_table("t1").open_reader(compress_option=odps_zlib()) as reader:
        assert rows(reader)[4] == [5, "zlib"]


@check
def write_nothing():
    with odps.get_table("t1").open_writer():
        pass
    with odps.get_table("t1").open_reader() as reader:
        assert reader.count == 5


@check
def overwrite_replaces_rows():
    with odps.get_table("t1").open_writer(overwrite=True) as writer:
        writer.write([[9, "only"]])
    with odps.get_table("t1").open_reader() as reader:
        assert rows(reader) == [[9, "only"]]


@check
def many_rows():
    odps.delete_table("many", if_exists=True)
    odps.create_table("many", "id bigint, name string")
    with odps.get_table("many").open_writer() as writer:
        for start in range(0, 20_000, 5_000):
            writer.write([[i, f"name {i}"] for i in range(start, start + 5_000)])
    with odps.get_table("many").open_reader() as reader:
        assert reader.count == 20_000
        assert [r[0] for r in reader] == list(range(20_000))


@check
def all_types_by_records():
    odps.delete_table("types", if_exists=True)
    odps.create_table(
        "types",
        "t tinyint, s smallint, i int, b bigint, f float, d double, o boolean, x binary,"
        " da date, dt datetime, ts timestamp, de decimal(38,18), v varchar(20), c char(5), j json,"
        " a array<bigint>, m map<string,bigint>, st struct<a:bigint,b:string>",
    )
    row = [
        -128, 32767, -2147483648, 5, 1.5, -2.25, True, b"\x00\xff", datetime.date(1969, 12, 31),
        datetime.datetime(2024, 1, 15, 8, 0, 0, 123000), None, decimal.Decimal("-12345.678"),
        "vc", "ch", {"k": [1, None]}, [1, None, 3], {"k": 1}, {"a": 1, "b": "x"},
    ]
    with odps.get_table("types").open_writer() as writer:
        writer.write([row, [None] * len(row)])
    with odps.get_table("types").open_reader() as reader:
        read = rows(reader)
    got = [list(v.items()) if hasattr(v, "_asdict") else v for v in read[0]]
    for wanted, value in zip(row[:-1], got[:-1]):
        assert value == wanted, (wanted, value)
    assert read[1] == [None] * len(row)


@check
def partitions():
    odps.delete_table("parts", if_exists=True)
    table = odps.create_table("parts", ("id bigint, name string", "pt string, hh bigint"))
    expect_error(errors.ODPSError, lambda: table.open_writer("pt=a,hh=1").__enter__().write([[1, "x"]]))
    table.create_partition("pt='a',hh=1")
    assert table.exist_partition("pt='a',hh='1'")
    assert not table.exist_partition("pt='a',hh='2'")
    with table.open_writer("pt=a,hh=1") as writer:
        writer.write([[1, "one"]])
    with table.open_writer("pt='b c',hh='2'", create_partition=True) as writer:
        writer.write([[2, "two"], [3, "three"]])
    assert [str(p.partition_spec) for p in table.partitions] == ["pt='a',hh='1'", "pt='b c',hh='2'"]
    with table.open_reader("pt='b c',hh='2'") as reader:
        assert [r[:2] for r in rows(reader)] == [[2, "two"], [3, "three"]], rows(reader)
    with table.open_writer("pt='b c',hh=2", overwrite=True) as writer:
        writer.write([[4, "four"]])
    with odps.execute_sql("select pt, hh, id, name from parts order by id").open_reader() as reader:
        assert rows(reader) == [["a", 1, 1, "one"], ["b c", 2, 4, "four"]], rows(reader)
    table.truncate(partition_spec="pt='a',hh=1")
    table.delete_partition("pt='b c',hh='2'", if_exists=True)
    assert [str(p.partition_spec) for p in table.partitions] == ["pt='a',hh='1'"]
    with odps.execute_sql("select count(*) from parts where pt > ''").open_reader() as reader:
        assert rows(reader) == [[0]]


@check
def sql_with_and_without_tunnel():
    odps.execute_sql("insert overwrite table t1 values (1, 'a<b'), (2, \"it's\"), (3, null)")
    sql = "select id, `name`, id / 2 as half, count(*) over () from t1 order by id limit 2"
    with odps.execute_sql(sql).open_reader(tunnel=True) as reader:
        assert reader.count == 2
        assert rows(reader) == [[1, "a<b", 0.5, 3], [2, "it's", 1.0, 3]], rows(reader)
    with odps.execute_sql(sql).open_reader(tunnel=False) as reader:
        assert [r[:2] for r in rows(reader)] == [[1, "a<b"], [2, "it's"]], rows(reader)
    with odps.execute_sql("select name, count(*) c from t1 group by name having name is null").open_reader() as reader:
        assert rows(reader) == [[None, 1]]
    odps.execute_sql("insert into t1 select id + 10, name from t1 where name is not null")
    with odps.execute_sql("select sum(id), max(length(name)) from t1").open_reader() as reader:
        assert rows(reader) == [[29, 4]], rows(reader)
    with odps.execute_sql("show tables").open_reader() as reader:
        assert ":t1" in reader.raw, reader.raw
    with odps.execute_sql("desc t1").open_reader() as reader:
        assert "bigint" in reader.raw
    with odps.execute_sql("show partitions parts").open_reader() as reader:
        assert reader.raw.strip() == "pt=a/hh=1", reader.raw


@check
def head():
    assert [list(r.values) for r in odps.get_table("t1").head(2)][0][0] == 1


@check
def errors_are_the_services():
    error = expect_error(errors.NoSuchTable, lambda: odps.execute_sql("select *\nfrom nope"))
    assert f"ODPS-0130131:[2,6] Table not found - table {project}.nope" in str(error), str(error)
    error = expect_error(errors.ParseError, lambda: odps.execute_sql("selec 1"))
    assert "[1,1]" in str(error), str(error)
    expect_error(errors.NoSuchObject, lambda: odps.get_table("nope").reload())
    table = odps.get_table("parts")
    expect_error(errors.ODPSError, lambda: table.open_reader("pt='zz',hh='1'"))
    wrong = ODPS(access_id, "wrong", project, endpoint=endpoint)
    error = expect_error(errors.ODPSError, lambda: wrong.exist_table("t1"))
    assert "ODPS-0410042" in str(error), str(error)
    unknown = ODPS("unknown", access_key, project, endpoint=endpoint)
    expect_error(errors.ODPSError, lambda: unknown.exist_table("t1"))
    nowhere = ODPS(access_id, access_key, "nowhere", endpoint=endpoint)
    assert not nowhere.exist_project("nowhere")
    assert odps.exist_project(project)


@check
def signing_v4():
    options.enable_v4_sign = True
    regional = ODPS(access_id, access_key, project, endpoint=endpoint, region_name="cn-shanghai")
    assert regional.exist_table("t1")
    options.enable_v4_sign = False


@check
def complete_twice_is_a_conflict():
    from odps.tunnel import TableTunnel

    tunnel = TableTunnel(odps)
    session = tunnel.create_upload_session("t1")
    with session.open_record_writer(7) as writer:
        record = session.new_record([77, "seven"])
        writer.write(record)
    session.commit([7])
    again = tunnel.create_upload_session("t1", upload_id=session.id)
    assert again.status.value.lower() == "closed", again.status
    error = expect_error(errors.ODPSError, lambda: again.commit([7]))
    assert error.code == "StatusConflict", error.code


@check
def arrow_round_trip():
    odps.delete_table("arrow", if_exists=True)
    table = odps.create_table(
        "arrow",
        "id bigint, name string, d double, f boolean, da date, dt datetime, de decimal(10,2), x binary, a array<bigint>",
    )
    batch = pa.table(
        {
            "id": pa.array([1, None, 3] * 3000, pa.int64()),
            "name": pa.array(["a", "\u4f60", None] * 3000, pa.string()),
            "d": pa.array([0.5, None, -1.0] * 3000, pa.float64()),
            "f": pa.array([True, None, False] * 3000, pa.bool_()),
            "da": pa.array([datetime.date(2024, 2, 29), None, datetime.date(1969, 12, 31)] * 3000, pa.date32()),
            "dt": pa.array([0, None, 1700000000123] * 3000, pa.timestamp("ms")),
            "de": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-3.00")] * 3000, pa.decimal128(10, 2)),
            "x": pa.array([b"\x00\xff", None, b""] * 3000, pa.binary()),
            "a": pa.array([[1, None], None, []] * 3000, pa.list_(pa.int64())),
        }
    )
    with table.open_writer(arrow=True) as writer:
        writer.write(batch)
    with table.open_reader(arrow=True) as reader:
        read = pa.Table.from_batches(list(reader.read()))
    assert read.num_rows == 9000
    for name in batch.column_names:
        wanted = batch.column(name).to_pylist()
        got = read.column(name).to_pylist()
        if name == "dt":
            got = [v and v.replace(tzinfo=None) for v in got]
        assert got == wanted, (name, got[:5], wanted[:5])
    with table.open_reader() as reader:
        assert [r[1] for r in reader][:3] == ["a", "\u4f60", None]
    with table.open_reader(arrow=True, columns=["name", "id"]) as reader:
        assert pa.Table.from_batches(list(reader.read())).column("id").to_pylist()[:3] == [1, None, 3]
    with odps.execute_sql("select id, name, de from arrow where id = 3 limit 2").open_reader(arrow=True) as reader:
        assert pa.Table.from_batches(list(reader.read())).column("de").to_pylist() == [decimal.Decimal("-3.00")] * 2


@check
def lost_reply_to_complete_leaves_the_rows_once():
    import json

    import requests
    from odps.tunnel import TableTunnel

    base = endpoint[: -len("/api")]
    odps.execute_sql("truncate table t1")
    session = TableTunnel(odps).create_upload_session("t1")
    with session.open_record_writer(0) as writer:
        writer.write(session.new_record([1, "one"]))
    requests.post(base + "/__faults", data=json.dumps({"kind": "dropAfterCommit"})).raise_for_status()
    error = expect_error(errors.ODPSError, lambda: session.commit([0]))
    assert error.code == "StatusConflict", error
    assert TableTunnel(odps).create_upload_session("t1", upload_id=session.id).status.value.lower() == "closed"
    with odps.get_table("t1").open_reader() as reader:
        assert reader.count == 1


@check
def refused_block_is_an_error():
    import json

    import requests
    from odps.tunnel import TableTunnel

    base = endpoint[: -len("/api")]
    session = TableTunnel(odps).create_upload_session("t1")
    fault = {"kind": "status", "route": "put", "status": 429}
    requests.post(base + "/__faults", data=json.dumps(fault)).raise_for_status()

    def write():
        with session.open_record_writer(0) as writer:
            writer.write(session.new_record([1, "one"]))

    error = expect_error(errors.ODPSError, write)
    assert isinstance(error, errors.FlowExceeded), error
    requests.delete(base + "/__faults").raise_for_status()
