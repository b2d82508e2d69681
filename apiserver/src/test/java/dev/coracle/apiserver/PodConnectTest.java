package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestApi.Answer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API server itself answers to who wants logs of a container, or to get into it. */
@ExtendWith(OwnServer.class)
class PodConnectTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
    pod("waiting", "");
    api.call("POST", "/api/v1/nodes", "application/json", "{\"metadata\":{\"name\":\"gone\"}}")
        .ok();
    api.call(
            "PATCH",
            "/api/v1/nodes/gone/status",
            "application/merge-patch+json",
            "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],"
                + "\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":1}}}}")
        .ok();
    pod("done", "\"nodeName\":\"gone\",");
    api.call(
            "PATCH",
            PODS + "/done/status",
            "application/merge-patch+json",
            "{\"status\":{\"phase\":\"Succeeded\"}}")
        .ok();
  }

  private static void pod(String name, String more) {
    api.call(
            "POST",
            PODS,
            "application/json",
            "{\"metadata\":{\"name\":\""
                + name
                + "\",\"annotations\":{\"kubectl.kubernetes.io/default-container\":\"app\"}},"
                + "\"spec\":{"
                + more
                + "\"initContainers\":[{\"name\":\"first\",\"image\":\"i\"}],\"containers\":["
                + "{\"name\":\"app\",\"image\":\"i\"},{\"name\":\"side\",\"image\":\"i\"}]}}")
        .ok();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "log | 400 | a container name must be specified for pod waiting, choose one of: [first app"
            + " side]",
        "exec?command=a&stdout=true | 400 | a container name must be specified for pod waiting,"
            + " choose one of: [first app side]",
        "log?container=none | 400 | container none is not valid for pod waiting",
        "exec?container=app&command=a&stdout=true | 400 | pod waiting does not have a host"
            + " assigned",
        "log?container=app&tailLines=-1 | 422 | PodLogOptions 'waiting' is invalid: tailLines:"
            + " Invalid value: -1: must be greater than or equal to 0",
        "log?container=app&sinceSeconds=0 | 422 | PodLogOptions 'waiting' is invalid:"
            + " sinceSeconds: Invalid value: 0: must be greater than 0",
        "log?container=app&limitBytes=x | 400 | strconv.ParseInt: parsing 'x': invalid syntax",
      })
  void saysWhyNot(String subresource, int code, String why) {
    Answer answer = api.get(PODS + "/waiting/" + subresource);
    assertThat(answer.message()).isEqualTo(why.replace('\'', '"'));
    assertThat(answer.code()).isEqualTo(code);
  }

  @Test
  void aPodWithoutANodeHasNoLogYet() {
    assertThat(api.get(PODS + "/waiting/log?container=app").code()).isEqualTo(204);
  }

  /** Only clients refuse to go into a pod by its phase. */
  @Test
  void theKubeletIsAskedAlsoOfACompletedPod() {
    for (String way : new String[] {"exec?command=a&", "attach?"}) {
      Answer answer = api.get(PODS + "/done/" + way + "container=app&stdout=true");
      assertThat(answer.message())
          .isEqualTo("error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused");
    }
  }
}
