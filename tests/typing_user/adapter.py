"""A user's implementation of the machine ``engagement``, as an adapter for its tests."""

# pyright: strict


class Opens:
    def reset(self) -> None:
        self.status = "Unopened"

    def send(self, event: str) -> str | None:
        if event not in ("opened", "clicked"):
            return "rejected"
        if self.status != "Clicked":
            self.status = event.capitalize()
        return None

    def observe(self) -> str:
        return self.status
