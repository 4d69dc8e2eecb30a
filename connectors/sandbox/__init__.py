"""The sandbox: a small social network on your own machine, and a connector to it as to any real platform."""
