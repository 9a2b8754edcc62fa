import click


@click.command()
def greet():
    click.echo("built with tekton-cache")


if __name__ == "__main__":
    greet()
