from app import Greeting, app, database


def test_answers():
    database.create_tables([Greeting])
    Greeting.create(text="built with tekton-cache")
    assert app.test_client().get("/").text == "built with tekton-cache"
