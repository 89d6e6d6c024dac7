# For the scripts of the repository that are not the module's; the module itself holds to all default rules.
@{
    ExcludeRules = @(
        'PSAvoidUsingWriteHost'                        # build, bench and examples talk to a person
        'PSAvoidUsingPositionalParameters'             # Join-Path, in the main
        'PSUseShouldProcessForStateChangingFunctions'  # of cmdlets; these are functions within a script
        'PSUseSingularNouns'                           # likewise
        'PSReviewUnusedParameter'                      # does not look into nested script blocks, where they are used
        'PSUseDeclaredVarsMoreThanAssignments'         # does not see that Pester's blocks share variables
        'PSAvoidGlobalVars'                            # what the action of an event subscription shares with a test
        'PSUseUsingScopeModifierInNewRunspaces'        # takes Start-Job's -ArgumentList for none
    )
    Rules        = @{ PSAvoidUsingCmdletAliases = @{ allowlist = @('Add-LguestNetworkAdapter') } }   # a name, by the module's own choice
}
