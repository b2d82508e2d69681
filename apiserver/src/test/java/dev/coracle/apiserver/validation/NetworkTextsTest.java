package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Networks of Services and Nodes say what they mean, but for those that stood there before
 * (KEP-4858).
 */
class NetworkTextsTest {

  private static final String SERVICE =
      "{'metadata':{},'spec':{'type':'LoadBalancer','sessionAffinity':'None','externalTrafficPolicy':'Cluster','ports':[{'port':80,'protocol':'TCP'}],"
          + "'loadBalancerSourceRanges':['%s']}}";
  private static final String ANNOTATED =
      "{'metadata':{'annotations':{'service.beta.kubernetes.io/load-balancer-source-ranges':'10.0.0.0/8, %s'}},"
          + "'spec':{'type':'LoadBalancer','sessionAffinity':'None','externalTrafficPolicy':'Cluster','ports':[{'port':80,'protocol':'TCP'}]}}";
  private static final String NODE =
      "{'metadata':{},'spec':{'podCIDR':'%1$s','podCIDRs':['%1$s']}}";

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3/24, must not have bits set beyond the prefix length",
    "2001:db8::1/64, must not have bits set beyond the prefix length",
    "::ffff:10.0.0.0/104, must not have an IPv4-mapped IPv6 address",
    "10.01.2.0/24, must not have leading 0s in IP or prefix length"
  })
  void areHeldToWhatTheyMean(String network, String words) {
    for (String form : List.of(SERVICE, ANNOTATED, NODE)) {
      KindRules rules = form.equals(NODE) ? new NodeRules() : new ServiceRules();
      ObjectNode object = Json.parseObject(form.formatted(network).replace('\'', '"'));
      FieldErrors created = new FieldErrors();
      rules.check(object, created);
      assertThat(created.causes()).as(form).hasSize(1);
      assertThat(created.causes().getFirst().message())
          .isEqualTo("Invalid value: \"" + network + "\": " + words);
      FieldErrors kept = new FieldErrors();
      rules.checkChanged(object, object, kept);
      assertThat(kept.causes()).as(form).isEmpty();
    }
  }
}
