package dev.coracle.apiserver.internal.registry.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;

class EndpointSliceStrategyTest {

  private static final String OLD =
      "{'endpoints':[{'addresses':['a'],'deprecatedTopology':{'kubernetes.io/hostname':'n'}}]}";

  private static String updated(String now) {
    ObjectNode before = Json.parseObject(OLD.replace('\'', '"'));
    ObjectNode out = Json.parseObject(now.replace('\'', '"'));
    EndpointSliceStrategy.update(out, before.path("endpoints"));
    return out.toString().replace('"', '\'');
  }

  @Test
  void endpointsThatStayKeepTheirTopology() {
    assertThat(updated(OLD)).isEqualTo(OLD);
  }

  @Test
  void aNodeThatWasNamedIsTheEndpointsNode() {
    assertThat(updated(OLD.replace("'a'", "'b'")))
        .isEqualTo("{'endpoints':[{'addresses':['b'],'nodeName':'n'}]}");
    assertThat(updated(OLD.replace("'n'", "'m'"))).isEqualTo("{'endpoints':[{'addresses':['a']}]}");
  }
}
