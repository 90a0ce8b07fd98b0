# bash completion for overtctl; made by 'overtctl completion bash', do not edit
_overtctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words="" i word
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        --server | --identity) i=$((i + 1)) ;;
        -*) ;;
        *) words+="${words:+ }$word" ;;
        esac
    done
    local global="--server --identity --json --yes --help --version" options="" next=""
    case $prev in
    --role)
        mapfile -t COMPREPLY < <(compgen -W "administrator applicant watchlist_manager authorising_officer higher_authority deployment_lead adjudicator engagement_officer data_protection oversight" -- "$cur")
        return
        ;;
    --role)
        mapfile -t COMPREPLY < <(compgen -W "administrator applicant watchlist_manager authorising_officer higher_authority deployment_lead adjudicator engagement_officer data_protection oversight" -- "$cur")
        return
        ;;
    --reason) return ;;
    --role)
        mapfile -t COMPREPLY < <(compgen -W "administrator applicant watchlist_manager authorising_officer higher_authority deployment_lead adjudicator engagement_officer data_protection oversight" -- "$cur")
        return
        ;;
    --reason) return ;;
    --reason) return ;;
    --application) return ;;
    --purpose) return ;;
    --site) return ;;
    --kind)
        mapfile -t COMPREPLY < <(compgen -W "exercise operational" -- "$cur")
        return
        ;;
    --start) return ;;
    --end) return ;;
    --hours) return ;;
    --threshold) return ;;
    --cool-down) return ;;
    --min-face) return ;;
    --application) return ;;
    --purpose) return ;;
    --site) return ;;
    --kind)
        mapfile -t COMPREPLY < <(compgen -W "exercise operational" -- "$cur")
        return
        ;;
    --start) return ;;
    --end) return ;;
    --hours) return ;;
    --threshold) return ;;
    --cool-down) return ;;
    --min-face) return ;;
    --revision) return ;;
    --reason)
        mapfile -t COMPREPLY < <(compgen -W "requested finished safety legality technical" -- "$cur")
        return
        ;;
    --out) return ;;
    --published) return ;;
    --page) return ;;
    --reasons) return ;;
    --reasons) return ;;
    --reasons) return ;;
    --officer) return ;;
    --reasons) return ;;
    --reason)
        mapfile -t COMPREPLY < <(compgen -W "requested safety legality quality technical" -- "$cur")
        return
        ;;
    --reason) return ;;
    --threshold) return ;;
    --cool-down) return ;;
    --min-face) return ;;
    --gate)
        mapfile -t COMPREPLY < <(compgen -W "eye_distance_px= sharpness= yaw_deg= pitch_deg= roll_deg= brightness_min= brightness_max=" -- "$cur")
        return
        ;;
    --zone) return ;;
    --drop-camera) return ;;
    --camera) return ;;
    --reason)
        mapfile -t COMPREPLY < <(compgen -W "list_key_lost ledger_key_lost" -- "$cur")
        return
        ;;
    --as)
        mapfile -t COMPREPLY < <(compgen -W "adjudicator engagement_officer deployment_lead" -- "$cur")
        return
        ;;
    --as)
        mapfile -t COMPREPLY < <(compgen -W "adjudicator engagement_officer deployment_lead" -- "$cur")
        return
        ;;
    --as)
        mapfile -t COMPREPLY < <(compgen -W "adjudicator engagement_officer deployment_lead" -- "$cur")
        return
        ;;
    --to) return ;;
    --as)
        mapfile -t COMPREPLY < <(compgen -W "adjudicator engagement_officer deployment_lead" -- "$cur")
        return
        ;;
    --category)
        mapfile -t COMPREPLY < <(compgen -W "wanted_by_court suspected_offence court_conditions missing_at_risk risk_of_harm blue_list" -- "$cur")
        return
        ;;
    --response)
        mapfile -t COMPREPLY < <(compgen -W "immediate arrest identify safeguarding none" -- "$cur")
        return
        ;;
    --override)
        mapfile -t COMPREPLY < <(compgen -W "no_better_image risk_to_life years_between appearance_changed identity_confirmed" -- "$cur")
        return
        ;;
    --region) return ;;
    --subject) return ;;
    --report) return ;;
    --state)
        mapfile -t COMPREPLY < <(compgen -W "proposed approved withdrawn expired" -- "$cur")
        return
        ;;
    --image) return ;;
    --decision)
        mapfile -t COMPREPLY < <(compgen -W "accept reject" -- "$cur")
        return
        ;;
    --after) return ;;
    --for)
        mapfile -t COMPREPLY < <(compgen -W "proceedings complaint" -- "$cur")
        return
        ;;
    --brought-by)
        mapfile -t COMPREPLY < <(compgen -W "subject other" -- "$cur")
        return
        ;;
    --review) return ;;
    --review) return ;;
    --recipient) return ;;
    --out) return ;;
    --report) return ;;
    --threshold-floor) return ;;
    --model) return ;;
    --request) return ;;
    --server) return ;;
    --identity) return ;;
    esac
    case $words in
    "") next="people site deployment erasure duty watchlist alerts alarms alarm evidence policy model membership status completion" ;;
    people) next="list add grant identity reactivate confirm withdraw suspend revoke" ;;
    site) next="add list suspend reactivate" ;;
    deployment) next="create edit list show start stop notice template apply authorise refuse cancel oral pause resume settings change approve-change refuse-change signs erase" ;;
    erasure) next="check waive confirm withdraw waivers" ;;
    duty) next="show take hold hand-over end" ;;
    watchlist) next="add import list open approve decide review remove" ;;
    alarm) next="clear" ;;
    evidence) next="propose confirm renew list release export" ;;
    policy) next="show propose approve refuse history" ;;
    model) next="list propose approve refuse withdraw" ;;
    membership) next="ask confirm withdraw list" ;;
    completion) next="bash" ;;
    "people list"*) options="" ;;
    "people add"*) options="--role" ;;
    "people grant"*) options="--role" ;;
    "people identity"*) options="" ;;
    "people reactivate"*) options="" ;;
    "people confirm"*) options="" ;;
    "people withdraw"*) options="" ;;
    "people suspend"*) options="--reason" ;;
    "people revoke"*) options="--role --reason" ;;
    "site add"*) options="" ;;
    "site list"*) options="" ;;
    "site suspend"*) options="--reason" ;;
    "site reactivate"*) options="" ;;
    "deployment create"*) options="--application --purpose --site --kind --start --end --hours --threshold --cool-down --min-face" ;;
    "deployment edit"*) options="--application --purpose --site --kind --start --end --hours --threshold --cool-down --min-face --revision" ;;
    "deployment list"*) options="" ;;
    "deployment show"*) options="" ;;
    "deployment start"*) options="" ;;
    "deployment stop"*) options="--reason" ;;
    "deployment notice"*) options="--out --published --page --waive" ;;
    "deployment template"*) options="" ;;
    "deployment apply"*) options="" ;;
    "deployment authorise"*) options="--reasons" ;;
    "deployment refuse"*) options="--reasons" ;;
    "deployment cancel"*) options="--reasons" ;;
    "deployment oral"*) options="--officer --reasons" ;;
    "deployment pause"*) options="--reason" ;;
    "deployment resume"*) options="" ;;
    "deployment settings"*) options="" ;;
    "deployment change"*) options="--reason --threshold --cool-down --min-face --gate --zone --drop-camera" ;;
    "deployment approve-change"*) options="" ;;
    "deployment refuse-change"*) options="" ;;
    "deployment signs"*) options="--camera" ;;
    "deployment erase"*) options="" ;;
    "erasure check"*) options="" ;;
    "erasure waive"*) options="--reason" ;;
    "erasure confirm"*) options="" ;;
    "erasure withdraw"*) options="" ;;
    "erasure waivers"*) options="" ;;
    "duty show"*) options="" ;;
    "duty take"*) options="--as" ;;
    "duty hold"*) options="--as" ;;
    "duty hand-over"*) options="--as --to" ;;
    "duty end"*) options="--as" ;;
    "watchlist add"*) options="--category --response --override --all-fields --region --subject" ;;
    "watchlist import"*) options="--report" ;;
    "watchlist list"*) options="--state" ;;
    "watchlist open"*) options="" ;;
    "watchlist approve"*) options="" ;;
    "watchlist decide"*) options="--image --decision" ;;
    "watchlist review"*) options="--look" ;;
    "watchlist remove"*) options="" ;;
    "alerts"*) options="--follow --after" ;;
    "alarms"*) options="--all" ;;
    "alarm clear"*) options="" ;;
    "evidence propose"*) options="--for --brought-by --review" ;;
    "evidence confirm"*) options="" ;;
    "evidence renew"*) options="--review" ;;
    "evidence list"*) options="" ;;
    "evidence release"*) options="" ;;
    "evidence export"*) options="--recipient --out" ;;
    "policy show"*) options="--file" ;;
    "policy propose"*) options="" ;;
    "policy approve"*) options="" ;;
    "policy refuse"*) options="" ;;
    "policy history"*) options="" ;;
    "model list"*) options="" ;;
    "model propose"*) options="--report --threshold-floor --model" ;;
    "model approve"*) options="" ;;
    "model refuse"*) options="" ;;
    "model withdraw"*) options="" ;;
    "membership ask"*) options="--request" ;;
    "membership confirm"*) options="" ;;
    "membership withdraw"*) options="" ;;
    "membership list"*) options="" ;;
    "status"*) options="--watch" ;;
    "completion bash"*) options="" ;;
    esac
    case $cur in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options $global" -- "$cur") ;;
    *) [[ -z $next ]] || mapfile -t COMPREPLY < <(compgen -W "$next" -- "$cur") ;;
    esac
}
complete -o default -F _overtctl overtctl
