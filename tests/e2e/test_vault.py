"""The vault by the command line, on the running product: keys change under load, one identity is destroyed."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from tests.support.world import World

WHO = {"name": "郑小满", "phone": "13800007654"}
TEXT = "我是郑小满，清潭街的路灯不亮，电话13800007654，晚上看不见路。"


async def vault(world: World, *words: str) -> tuple[int | None, str]:
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chuishao", "vault", *words, "--data-dir", str(world.data_dir),
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, err = await run.communicate()
    return run.returncode, out.decode() + err.decode()


async def reveal(world: World, filed: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = await world.http.post(
        f"{world.info['intake']}/v1/complaints/{filed['number']}/reveal",
        json={"reason": "回访核实"},
        headers=world.token("operator"),
    )
    return answer.status_code, answer.json()


async def test_a_key_is_changed_and_destroyed_while_filing_goes_on(world: World) -> None:
    first = await world.file(TEXT, requester=WHO)
    filed: list[dict[str, Any]] = []

    async def keep_filing() -> None:
        while True:
            filed.append(await world.file(f"{TEXT}{len(filed)}", requester=WHO))
            await asyncio.sleep(0.1)

    filing = asyncio.create_task(keep_filing())
    try:
        code, said = await vault(world, "rotate", "--phone")
        assert code == 0, said
        code, said = await vault(world, "retire", "--yes")
        assert (code, "chuishao_vault_key: 1" in said) == (0, True), said
        await asyncio.sleep(1.5)
    finally:
        filing.cancel()
    assert len(filed) > 10
    kept = (world.data_dir / "secrets" / "intake" / "chuishao_vault_key").read_text().split()
    assert [line.partition(":")[0] for line in kept] == ["2"]
    versions = await world.rows("select distinct key_version as v from vault.requester")
    assert [row["v"] for row in versions] == [2]
    for one in (first, filed[0], filed[-1]):
        status, shown = await reveal(world, one)
        assert (status, shown["requester"]["phone"]) == (200, WHO["phone"])
    after = await world.file(f"{TEXT}之后", requester=WHO)
    assert (await reveal(world, after))[0] == 200


async def test_a_leaked_copy_is_traced_and_an_ended_matter_forgotten(
    world: World, tmp_path: Path
) -> None:
    filed = await world.file(
        TEXT, requester=WHO, decline={"reason": "不属受理范围", "door": "请咨询供电公司"}
    )
    _, shown = await reveal(world, filed)
    copy = tmp_path / "leak.txt"
    copy.write_text("网上有人发：" + shown["original"]["text"][:60], "utf-8")
    code, said = await vault(world, "trace", str(copy))
    assert (code, f"副本 copy: {filed['number']}" in said) == (0, True), said
    words = ["shred", filed["number"], "--basis", "request", "--reason", "本人要求删除"]
    code, said = await vault(world, *words)
    assert code == 0, said
    assert (await reveal(world, filed))[0] == 410
