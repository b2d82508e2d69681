package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of nodes and of namespaces. */
class NodeRulesTest {

  private static final Judge NODES = Judge.of("", "nodes");
  private static final Judge NAMESPACES = Judge.of("", "namespaces");
  private static final String NODE = "{'metadata':{'name':'n'},'spec':{},'status':{}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          /spec/taints=[{'key':'a','effect':'NoSchedule'},{'key':'a','effect':'NoSchedule'}] | metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair
          /spec/taints=[{'key':'a','effect':'X'}] | metadata.taints[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"
          /status/capacity={'cpu':'-1'};;/status/allocatable={'cpu':'1'} | status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0
          /status/allocatable={'example.com/a':'1500m'} | status.allocatable.example.com/a: Invalid value: "1500m": must be an integer
          /spec/podCIDRs=['10.0.0.0/24','fd00::/64'] |
          /spec/podCIDRs=['10.0.0.0/24','10.0.0.0/24'] | spec.podCIDRs[1]: Duplicate value: "10.0.0.0/24";;spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.0.0/24"]: may specify no more than one CIDR for each IP family
          """)
  void newOnes(String edits, @Nullable String words) {
    assertThat(NODES.create(NODE, edits))
        .isEqualTo(words == null ? List.of() : List.of(words.split(";;")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          /status/addresses=[{'type':'InternalIP','address':'1.1.1.1'},{'type':'InternalIP','address':'1.1.1.1'}] | status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"1.1.1.1"}
          /spec/podCIDRs=['10.0.0.0/24'] | spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid
          /spec/providerID='b' | spec.providerID: Forbidden: node updates may not change providerID except from "" to valid
          /spec/externalID='b' | spec.externalID: Forbidden: may not be updated
          /status/capacity={'pods':'1.5'};;/status/allocatable={'pods':'1'} | status.capacity.pods: Invalid value: "1.5": must be an integer
          """)
  void changed(String edits, String words) {
    String before = "/spec/podCIDRs=['10.0.0.0/24','fd00::/64'];;/spec/providerID='a'";
    assertThat(NODES.change(NODE, before, edits, "")).containsExactly(words);
    assertThat(NODES.change(NODE, before, edits, "status")).containsExactly(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          finalize | /spec/finalizers=['kubernetes','x.y/z'] |
          finalize | /spec/finalizers=['x'] | spec.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified
          status | /status/phase='Terminating' | status.Phase: Invalid value: "Terminating": may only be 'Active' if `deletionTimestamp` is empty
          status | /status/phase='Active' |
          """)
  void namespaces(String subresource, String edits, @Nullable String words) {
    assertThat(NAMESPACES.change(NODE, "", edits, subresource))
        .isEqualTo(words == null ? List.of() : List.of(words));
  }
}
