package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NetworkPolicyRulesTest {

  private static final Judge JUDGE = Judge.of("networking.k8s.io", "networkpolicies");
  private static final String POLICY =
      "{'metadata':{'name':'p','namespace':'d'},'spec':{'podSelector':{}}}";

  @Test
  void theLastPortIsNotBeforeTheFirst() {
    assertThat(
            JUDGE.create(
                POLICY, "/spec/ingress=[{'ports':[{'port':80,'protocol':'TCP','endPort':70}]}]"))
        .containsExactly(
            "spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to"
                + " `port`");
  }

  @Test
  void whatFollowsAnExceptionThatCannotBeReadIsLookedAt() {
    assertThat(
            JUDGE.create(
                POLICY,
                "/spec/egress=[{'to':[{'ipBlock':{'cidr':'10.0.0.0/8',"
                    + "'except':['x','11.0.0.0/16']}}]}]"))
        .containsExactly(
            "spec.egress[0].to[0].ipBlock.except[0]: Invalid value: \"x\": must be a valid CIDR"
                + " value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
            "spec.egress[0].to[0].ipBlock.except[1]: Invalid value: \"11.0.0.0/16\": must be a"
                + " strict subset of `cidr`");
  }

  /** As was stored before values were looked at. */
  @Test
  void selectorsMayKeepValuesThatNoLabelHas() {
    String odd = "{'matchExpressions':[{'key':'a','operator':'NotIn','values':['-']}]}";
    String peer = "/spec/ingress=[{'from':[{'podSelector':" + odd + "}]}]";
    String both = "/spec/podSelector=" + odd + ";;" + peer;
    assertThat(JUDGE.create(POLICY, both)).hasSize(2);
    assertThat(JUDGE.change(POLICY, both, "/spec/policyTypes=['Ingress']", "")).isEmpty();
    assertThat(JUDGE.change(POLICY, peer, "/spec/policyTypes=['Ingress']", "")).hasSize(1);
  }
}
