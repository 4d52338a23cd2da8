from locust import HttpUser, between, task


class Reader(HttpUser):
    """Opens the front page every second or two."""

    wait_time = between(1, 2)

    @task
    def front_page(self):
        self.client.get("/")
