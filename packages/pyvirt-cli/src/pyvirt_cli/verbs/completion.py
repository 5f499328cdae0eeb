"""``completion``: scripts that make shells ask ``pyvirt __complete`` what fits."""

from __future__ import annotations

from pyvirt_cli.options import UsageError, argument, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

# The line ":files" of an answer asks the shell for file names.
_BASH = r"""# bash completion of pyvirt: source <(pyvirt completion bash)
_pyvirt() {
    local cur words cword line
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n =: cur words cword
    else
        cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
    fi
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
        else
            [[ $line == *= ]] && compopt -o nospace 2>/dev/null
            COMPREPLY+=("$line")
        fi
    done < <("${words[0]}" __complete "${words[@]:1:cword}" 2>/dev/null)
    if declare -F __ltrim_colon_completions >/dev/null; then
        __ltrim_colon_completions "$cur"
    fi
}
complete -F _pyvirt pyvirt
"""

_ZSH = r"""#compdef pyvirt
# zsh completion of pyvirt: source <(pyvirt completion zsh), or save it as _pyvirt in a folder of $fpath
_pyvirt() {
    local -a found
    local line
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            _files
        else
            found+=("$line")
        fi
    done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#found} )) && compadd -- "${found[@]}"
    return 0
}
if [ "$funcstack[1]" = "_pyvirt" ]; then
    _pyvirt "$@"
else
    compdef _pyvirt pyvirt
fi
"""

_FISH = r"""# fish completion of pyvirt: pyvirt completion fish | source
function __pyvirt_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (command $words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c pyvirt -f -a '(__pyvirt_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@verb("completion", argument("shell", "bash, zsh or fish", complete="bash|zsh|fish"))
def completion(context: Context, arguments: Arguments) -> None:
    """Print the script that completes verbs, options, and names of domains, networks, pools as they are at that moment.

    bash: source <(pyvirt completion bash); zsh: source <(pyvirt completion zsh); fish: pyvirt completion fish | source.

    JSON: {"script": ...}.
    """
    shell = arguments.text("shell")
    if shell not in _SCRIPTS:
        raise UsageError(f"no completion for '{shell}' (one of {', '.join(_SCRIPTS)})")
    context.emit({"script": _SCRIPTS[shell]}, _SCRIPTS[shell])
