"""The models that hear what a message means: they share a network, and a gate stands before them."""

from workers.training import abuse, asked, injection, restricted, self_harm, wishes
from workers.training.recipe import Recipe

HEARING: tuple[Recipe, ...] = (
    injection.RECIPE,
    self_harm.RECIPE,
    restricted.RECIPE,
    abuse.RECIPE,
    asked.RECIPE,
    *wishes.RECIPES.values(),
)
