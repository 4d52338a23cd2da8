import asyncio, os
from temporalio import activity, client, worker

@activity.defn
async def smoke(event: dict) -> dict:
    return {"result": "pass", "smoke": {"checked": event["data"]["service"]}}

async def main() -> None:
    temporal = await client.Client.connect(os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"))
    await worker.Worker(temporal, task_queue="slipway-task-smoke", activities=[smoke]).run()

asyncio.run(main())
