/**
 * NetworkPolicies as nftables rules. {@link dev.coracle.proxy.internal.policy.PolicySync} gathers
 * what changed, {@link dev.coracle.proxy.internal.policy.RuleModel} says what that means for the
 * pods of this node, a pure function, and {@link dev.coracle.proxy.internal.policy.NftPolicyTable}
 * brings the kernel there in one transaction of only what changed.
 */
@NullMarked
package dev.coracle.proxy.internal.policy;

import org.jspecify.annotations.NullMarked;
