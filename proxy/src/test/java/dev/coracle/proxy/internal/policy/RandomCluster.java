package dev.coracle.proxy.internal.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** A few namespaces, pods and policies, put together by chance out of few words. */
record RandomCluster(RandomGenerator random, TestCluster cluster) {

  private static final List<String> NAMESPACES = List.of("x", "y", "z");

  static TestCluster of(RandomGenerator random) {
    RandomCluster made = new RandomCluster(random, new TestCluster());
    made.fill();
    return made.cluster;
  }

  private void fill() {
    for (String namespace : NAMESPACES) {
      cluster.namespace(namespace, labels());
    }
    int pods = 2 + random.nextInt(8);
    for (int i = 0; i < pods; i++) {
      String key = one(NAMESPACES) + "/p" + i;
      cluster.pod(
          key,
          random.nextBoolean() ? "n1" : "n2",
          "10.%1$d.%2$d.%3$d,fd00:%1$d:%2$d::%3$d"
              .formatted(random.nextInt(3), random.nextInt(3), i + 1),
          labels(),
          ports());
      if (random.nextInt(8) == 0) {
        cluster.change(key, "/spec/hostNetwork", "true");
      }
      if (random.nextInt(8) == 0) {
        cluster.change(key, "/status/phase", "'Succeeded'");
      }
    }
    int policies = random.nextInt(6);
    for (int i = 0; i < policies; i++) {
      cluster.policy(one(NAMESPACES) + "/policy" + i, spec());
    }
  }

  private <T> T one(List<T> some) {
    return some.get(random.nextInt(some.size()));
  }

  private String labels() {
    return "{'app':'" + one(List.of("a", "b")) + "','tier':'" + one(List.of("f", "g", "h")) + "'}";
  }

  private String ports() {
    return "[{'name':'web','containerPort':%d},{'name':'web','protocol':'UDP','containerPort':%d}]"
        .formatted(78 + random.nextInt(6), 78 + random.nextInt(6));
  }

  private String spec() {
    List<String> fields = new ArrayList<>();
    if (random.nextInt(4) > 0) {
      fields.add("'podSelector':" + selector());
    }
    switch (random.nextInt(4)) {
      case 0 -> fields.add("'policyTypes':['Ingress']");
      case 1 -> fields.add("'policyTypes':['Egress']");
      case 2 -> fields.add("'policyTypes':['Ingress','Egress']");
      default -> {}
    }
    if (random.nextInt(3) > 0) {
      fields.add("'ingress':" + some(2, () -> rule("from")));
    }
    if (random.nextInt(3) > 0) {
      fields.add("'egress':" + some(2, () -> rule("to")));
    }
    return "{" + String.join(",", fields) + "}";
  }

  private String some(int most, java.util.function.Supplier<String> one) {
    List<String> out = new ArrayList<>();
    int n = random.nextInt(most + 1);
    for (int i = 0; i < n; i++) {
      out.add(one.get());
    }
    return out.stream().collect(Collectors.joining(",", "[", "]"));
  }

  private String rule(String side) {
    List<String> fields = new ArrayList<>();
    if (random.nextInt(3) > 0) {
      fields.add("'" + side + "':" + some(2, this::peer));
    }
    if (random.nextInt(3) > 0) {
      fields.add("'ports':" + some(3, this::port));
    }
    return "{" + String.join(",", fields) + "}";
  }

  private String peer() {
    return switch (random.nextInt(4)) {
      case 0 -> "{'podSelector':" + selector() + "}";
      case 1 -> "{'namespaceSelector':" + selector() + "}";
      case 2 -> "{'namespaceSelector':" + selector() + ",'podSelector':" + selector() + "}";
      default -> block();
    };
  }

  private String block() {
    int net = random.nextInt(3);
    return switch (random.nextInt(6)) {
      case 3 -> "{'ipBlock':{'cidr':'::/0'%s}}".formatted(net == 0 ? "" : exceptIpv6(net));
      case 4 -> "{'ipBlock':{'cidr':'fd00:%d::/32','except':['fd00:%1$d:1::/48']}}".formatted(net);
      case 5 -> "{'ipBlock':{'cidr':'fd00::/%d'}}".formatted(random.nextInt(129));
      case 0 -> "{'ipBlock':{'cidr':'0.0.0.0/0','except':['10.%d.0.0/16']}}".formatted(net);
      case 1 ->
          "{'ipBlock':{'cidr':'10.%1$d.0.0/16','except':['10.%1$d.1.0/24','10.%1$d.0.%2$d/32']}}"
              .formatted(net, 1 + random.nextInt(9));
      default -> "{'ipBlock':{'cidr':'10.0.0.0/%d'}}".formatted(random.nextInt(33));
    };
  }

  private static String exceptIpv6(int net) {
    return ",'except':['fd00:" + net + "::/32']";
  }

  private String port() {
    String protocol =
        one(List.of("", "'protocol':'TCP',", "'protocol':'UDP',", "'protocol':'SCTP',"));
    return switch (random.nextInt(4)) {
      case 0 -> "{" + protocol + "'port':" + (78 + random.nextInt(6)) + "}";
      case 1 -> "{" + protocol + "'port':" + (77 + random.nextInt(4)) + ",'endPort':82}";
      case 2 -> "{" + protocol + "'port':'web'}";
      default ->
          protocol.isEmpty()
              ? "{'protocol':'TCP'}"
              : "{" + protocol.substring(0, protocol.length() - 1) + "}";
    };
  }

  private String selector() {
    return switch (random.nextInt(5)) {
      case 0 -> "{}";
      case 1 -> "{'matchLabels':{'app':'" + one(List.of("a", "b")) + "'}}";
      case 2 -> "{'matchLabels':{'tier':'" + one(List.of("f", "g")) + "','app':'a'}}";
      case 3 -> "{'matchExpressions':[{'key':'tier','operator':'NotIn','values':['f']}]}";
      default -> "{'matchExpressions':[{'key':'none','operator':'DoesNotExist'}]}";
    };
  }
}
