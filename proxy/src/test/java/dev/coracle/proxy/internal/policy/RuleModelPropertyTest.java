package dev.coracle.proxy.internal.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random clusters: the rules of the nodes let pass what the API's words let pass, and no more. */
class RuleModelPropertyTest {

  private static final int CLUSTERS = 120;
  private static final List<String> OUTSIDE =
      List.of("192.0.2.1", "10.9.9.9", "2001:db8::1", "fd00:9::9");

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 20_260_101, 77_777})
  void theRulesSayWhatThePoliciesSay(long seed) {
    RandomGenerator random = new Random(seed);
    int denied = 0;
    for (int i = 0; i < CLUSTERS; i++) {
      TestCluster cluster = RandomCluster.of(random);
      NaivePackets naive = new NaivePackets(cluster);
      List<String> addresses = new ArrayList<>(OUTSIDE);
      cluster.pods.keySet().forEach(p -> addresses.addAll(cluster.addresses(p)));
      List<RuleModel> models = List.of(cluster.model("n1"), cluster.model("n2"));
      for (String from : addresses) {
        for (String to : addresses) {
          if (IpFamily.of(from) != IpFamily.of(to)) {
            continue;
          }
          Protocol protocol = Protocol.values()[random.nextInt(3)];
          int port = 78 + random.nextInt(6);
          boolean wanted = naive.passes(from, to, protocol.name(), port);
          denied += wanted ? 0 : 1;
          assertThat(
                  models.stream()
                      .allMatch(m ->
                          ModelPackets.passes(m.in(IpFamily.of(from)), from, to, protocol, port)))
              .as(
                  "cluster %d: %s to %s %s %d under %s",
                  i, from, to, protocol, port, cluster.policies)
              .isEqualTo(wanted);
        }
      }
    }
    assertThat(denied).as("something was denied").isGreaterThan(CLUSTERS);
  }
}
