package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The figures are those of upstream's component-helpers for the same pods. */
class PodRequestsTest {

  private static String sums(String pod, String kind) {
    return PodRequests.of(Json.parse(pod.replace('\'', '"')), kind).entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "all containers together | {'spec':{'containers':[{'resources':{'requests':{'cpu':'1'},'limits':{'cpu':'2'}}},"
            + "{'resources':{'requests':{'cpu':'500m','x/y':'2'}}}]}} | cpu=1500m x/y=2 | cpu=2",
        "an init container beside the sidecars before it | {'spec':{'containers':[{'resources':{'requests':"
            + "{'cpu':'1'}}}],'initContainers':[{'restartPolicy':'Always','resources':{'requests':{'cpu':'1'}}},"
            + "{'resources':{'requests':{'cpu':'3'}}},{'restartPolicy':'Always','resources':{'requests':"
            + "{'cpu':'1'}}}]}} | cpu=4 | ``",
        "overhead, on limits only where there are some | {'spec':{'containers':[{'resources':{'requests':"
            + "{'cpu':'1'},'limits':{'cpu':'1'}}}],'overhead':{'cpu':'250m','memory':'1Mi'}}}"
            + " | cpu=1250m memory=1Mi | cpu=1250m",
        "the pod as a whole, of what it can ask for | {'spec':{'containers':[{'resources':{'requests':{'cpu':'1',"
            + "'x/y':'1'}}}],'resources':{'requests':{'cpu':'4'},'limits':{'memory':'1Gi'}}}}"
            + " | cpu=4 x/y=1 | memory=1Gi",
        "what is in force until a resize is done | {'spec':{'containers':[{'name':'a','resources':{'requests':"
            + "{'cpu':'1'},'limits':{'cpu':'1'}}}]},'status':{'containerStatuses':[{'name':'a','resources':"
            + "{'requests':{'cpu':'3'},'limits':{'cpu':'4'}},'allocatedResources':{'cpu':'2'}}]}} | cpu=3 | cpu=4",
        "what is asked for while it waits | {'spec':{'containers':[{'name':'a','resources':{'requests':{'cpu':'8'}}}]},"
            + "'status':{'conditions':[{'type':'PodResizePending','reason':'Deferred'}],'containerStatuses':"
            + "[{'name':'a','resources':{'requests':{'cpu':'1'}}}]}} | cpu=8 | ``",
        "what it has when it will never get more | {'spec':{'containers':[{'name':'a','resources':{'requests':"
            + "{'cpu':'8'}}}]},'status':{'conditions':[{'type':'PodResizePending','reason':'Infeasible'}],"
            + "'containerStatuses':[{'name':'a','resources':{'requests':{'cpu':'1'}},'allocatedResources':"
            + "{'cpu':'2'}}]}} | cpu=2 | ``",
        "the same of the pod as a whole | {'spec':{'containers':[],'resources':{'requests':{'memory':'1Gi'}}},"
            + "'status':{'resources':{'requests':{'memory':'2Gi'}}}} | memory=2Gi | ``",
        "an init container that has ended, by its spec | {'spec':{'containers':[],'initContainers':[{'name':'i',"
            + "'resources':{'requests':{'cpu':'1'}}}]},'status':{'initContainerStatuses':[{'name':'i','resources':"
            + "{'requests':{'cpu':'3'}}}]}} | cpu=1 | ``"
      })
  void aPodCountsWith(String what, String pod, String requests, String limits) {
    assertThat(sums(pod, "requests")).as(what).isEqualTo(requests);
    assertThat(sums(pod, "limits")).as(what).isEqualTo(limits);
  }
}
