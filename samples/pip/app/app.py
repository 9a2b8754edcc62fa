from flask import Flask
from peewee import CharField, Model, SqliteDatabase

database = SqliteDatabase(":memory:")
app = Flask(__name__)


class Greeting(Model):
    text = CharField()

    class Meta:
        database = database


@app.get("/")
def greet():
    return Greeting.get().text
