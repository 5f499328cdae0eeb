"""Reading command lines."""

from __future__ import annotations

import pytest

from pyvirt_cli.options import (
    DOMAIN,
    IMPACT,
    Arguments,
    UsageError,
    Verb,
    argument,
    count,
    flag,
    number,
    parse,
    suggestion,
    value,
)

_VERB = Verb(
    "try",
    (
        DOMAIN,
        count("count", "a number"),
        value("device", "DISK", "a disk", positional=True),
        value("mode", "MODE", "a mode"),
        number("timeout", "seconds"),
        flag("force", "force"),
        *IMPACT,
        argument("rest", "more", required=False, many=True),
    ),
    lambda context, arguments: None,
    "",
)


def read(*words: str) -> Arguments:
    return parse(_VERB, words, lambda name, text: None)


def test_positional_arguments_fill_in_order() -> None:
    arguments = read("web", "3", "vda", "a", "b")
    assert arguments.text("domain") == "web"
    assert arguments.count("count") == 3
    assert arguments.maybe("device") == "vda"
    assert arguments.many("rest") == ["a", "b"]


def test_positional_arguments_by_name_leave_their_place_to_the_next() -> None:
    arguments = read("--domain", "web", "3", "--device=vda", "rest")
    assert arguments.text("domain") == "web"
    assert arguments.count("count") == 3
    assert arguments.many("rest") == ["rest"]


def test_options_stand_anywhere() -> None:
    arguments = read("--force", "web", "--mode", "acpi", "3", "--timeout=0x10")
    assert arguments.on("force")
    assert arguments.maybe("mode") == "acpi"
    assert arguments.number("timeout") == 16
    assert arguments.maybe("device") is None


def test_words_after_two_dashes_are_no_options() -> None:
    assert read("web", "3", "vda", "--", "--force", "-x").many("rest") == ["--force", "-x"]


def test_negative_numbers_are_values() -> None:
    assert read("web", "-1").count("count") == -1


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ((), "'try' needs DOMAIN", "pyvirt try DOMAIN COUNT"),
        (("web",), "'try' needs COUNT", "pyvirt try"),
        (("web", "x"), "'x' is not a number", ""),
        (("web", "1", "--timeout", "soon"), "'soon' is not a number (--timeout)", ""),
        (("web", "1", "--forse"), "'try' has no option --forse", "did you mean --force?"),
        (("web", "1", "--mode"), "option --mode needs a value (MODE)", ""),
        (("web", "1", "--force=yes"), "option --force takes no value", ""),
        (("web", "1", "--mode", "a", "--mode", "b"), "option --mode is given twice", ""),
    ],
)
def test_what_does_not_fit_is_named(words: tuple[str, ...], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(*words)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_spare_word_is_an_error_where_nothing_takes_it() -> None:
    verb = Verb("small", (DOMAIN,), lambda context, arguments: None, "")
    with pytest.raises(UsageError, match="unexpected 'more' after 'small'"):
        parse(verb, ["web", "more"], lambda name, text: None)


def test_options_of_the_command_may_follow_the_verb() -> None:
    given: list[tuple[str, str]] = []
    parse(_VERB, ["web", "-c", "test:///default", "1", "--json", "-q"], lambda *pair: given.append(pair))
    assert given == [("connect", "test:///default"), ("json", ""), ("quiet", "")]


def test_impact_is_libvirts_number_and_current_excludes_the_others() -> None:
    assert read("web", "1", "--live", "--config").impact() == 3
    assert read("web", "1", "--current").impact() == 0
    with pytest.raises(UsageError, match="--current excludes"):
        read("web", "1", "--current", "--live").impact()


def test_only_one() -> None:
    with pytest.raises(UsageError, match="--live and --config exclude each other"):
        read("web", "1", "--live", "--config").only_one("live", "config", "force")


def test_synopsis_shows_what_is_needed() -> None:
    assert _VERB.synopsis().startswith("try DOMAIN COUNT [--device DISK] [--mode MODE] [--timeout NUMBER] [--force]")
    assert _VERB.synopsis().endswith("[REST]...")


def test_suggestion() -> None:
    assert suggestion("dominf", ["dominfo", "list"]) == "dominfo"
    assert suggestion("zzz", ["dominfo", "list"]) is None
