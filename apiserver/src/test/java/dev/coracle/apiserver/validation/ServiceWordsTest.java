package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is said of Services whose fields do not fit their type. */
class ServiceWordsTest {

  private static final Judge SERVICES = Judge.of("", "services");

  private static String named(String rest) {
    return "{'metadata':{'name':'n','namespace':'d'}," + rest + "}";
  }

  @Test
  void trafficOfServices() {
    assertThat(
            SERVICES.create(
                named(
                    "'spec':{'ports':[{'port':80},{'name':'a','port':80,'nodePort':30000}],"
                        + "'loadBalancerSourceRanges':['x'],"
                        + "'loadBalancerClass':'example.com/lb','allocateLoadBalancerNodePorts':true,"
                        + "'healthCheckNodePort':1,'externalTrafficPolicy':'Local',"
                        + "'trafficDistribution':'Far'}")))
        .contains(
            "spec.ports[0].name: Required value",
            "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
            "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,"
                + "\"Port\":80,\"TargetPort\":0,\"NodePort\":0}",
            "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is"
                + " 'LoadBalancer'",
            "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is"
                + " 'LoadBalancer'",
            "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
            "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for"
                + " externally-accessible services",
            "spec.healthCheckNodePort: Invalid value: 1: may only be set when `type` is"
                + " 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            "spec.trafficDistribution: Unsupported value: \"Far\": supported values:"
                + " \"PreferClose\", \"PreferSameZone\", \"PreferSameNode\"");
    assertThat(SERVICES.create(named("'spec':{'type':'ExternalName','ipFamilies':['IPv4']}")))
        .containsExactly(
            "spec.ipFamilies: Forbidden: may not be set for ExternalName services",
            "spec.externalName: Required value");
  }
}
