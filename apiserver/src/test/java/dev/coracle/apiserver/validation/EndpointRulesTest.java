package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointRulesTest {

  private static final Judge JUDGE = Judge.of("discovery.k8s.io", "endpointslices");
  private static final Judge POLICIES = Judge.of("networking.k8s.io", "networkpolicies");
  private static final String SLICE =
      """
      {'metadata':{'name':'s','namespace':'d'},'addressType':'IPv4','ports':[{'port':80}],
       'endpoints':[{'addresses':['10.0.0.1']}]}\
      """;
  private static final String POLICY =
      """
      {'metadata':{'name':'p','namespace':'d'},
       'spec':{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'ports':[{}]}]}}\
      """;
  private static final String LABEL =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
          + " must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc',"
          + " regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/endpoints/0/addresses=[] | endpoints[0].addresses: Required value: must contain at least"
            + " 1 address",
        "/endpoints/0/addresses=['2001:db8::1','x'] | endpoints[0].addresses[0]: Invalid value:"
            + " \"2001:db8::1\": must be an IPv4 address;;endpoints[0].addresses[1]: Invalid value:"
            + " \"x\": must be a valid IP address, (e.g. 10.9.8.7 or"
            + " 2001:db8::ffff);;endpoints[0].addresses[1]: Invalid value: \"x\": must be a valid IP"
            + " address",
        "/endpoints/0/addresses=['127.0.0.1','0.0.0.0','169.254.0.1'] | endpoints[0].addresses[1]:"
            + " Invalid value: \"0.0.0.0\": may not be unspecified"
            + " (0.0.0.0);;endpoints[0].addresses[2]: Invalid value: \"169.254.0.1\": may not be in"
            + " the link-local range (169.254.0.0/16, fe80::/10)",
        "/addressType='FQDN';;/endpoints/0/addresses=['a','a.b.',''] | endpoints[0].addresses[0]:"
            + " Invalid value: \"a\": should be a domain with at least two segments separated by"
            + " dots;;endpoints[0].addresses[2]: Required value",
        "/endpoints/0/hostname='a_' | endpoints[0].hostname: Invalid value: \"a_\": LABEL",
        "/endpoints/0/hints={'forZones':[{'name':'a'},{'name':'a'}],'forNodes':[{'name':'n'}]} |"
            + " endpoints[0].hints.forZones[1].name: Duplicate value: \"a\"",
        "/ports=[{'name':'a_','port':1,'protocol':'X','appProtocol':'a/b/c'}] | ports[0].name:"
            + " Invalid value: \"a_\": LABEL;;ports[0].protocol: Unsupported value: \"X\":"
            + " supported values: \"SCTP\", \"TCP\", \"UDP\";;ports[0].appProtocol: Invalid value:"
            + " \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or"
            + " '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or"
            + " 'my.name',  or '123-abc', regex used for validation is"
            + " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix"
            + " and '/' (e.g. 'example.com/MyName')",
      })
  void whatIsWrongWithASlice(String edits, String expected) {
    assertThat(JUDGE.create(SLICE, edits))
        .containsExactly(expected.replace("LABEL", LABEL).split(";;"));
  }

  @Test
  void howMuchThereMayBe() {
    String hints =
        IntStream.range(0, 9)
            .mapToObj(i -> "{'name':'" + i + "'}")
            .collect(Collectors.joining(","));
    assertThat(JUDGE.create(SLICE, "/endpoints/0/hints={'forNodes':[" + hints + "]}"))
        .containsExactly("endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items");
    String addresses =
        IntStream.range(0, 101)
            .mapToObj(i -> "'10.0.0." + i + "'")
            .collect(Collectors.joining(","));
    assertThat(JUDGE.create(SLICE, "/endpoints/0/addresses=[" + addresses + "]"))
        .containsExactly("endpoints[0].addresses: Too many: 101: must have at most 100 items");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'port':0,'endPort':70000} | .port: Invalid value: 0: must be between 1 and 65535,"
            + " inclusive;;.endPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        "{'port':80,'endPort':79} | .endPort: Invalid value: 79: must be greater than or equal to"
            + " `port`",
        "{'port':'http','endPort':79} | .endPort: Invalid value: 79: may not be specified when"
            + " `port` is non-numeric",
        "{'endPort':79} | .endPort: Invalid value: 79: may not be specified when `port` is not"
            + " specified",
      })
  void portsOfPolicies(String port, String expected) {
    String at = "spec.ingress[0].ports[0]";
    assertThat(POLICIES.create(POLICY, "/spec/ingress/0/ports/0=" + port))
        .hasSize(expected.split(";;").length)
        .containsExactly((at + expected.replace(";;", ";;" + at)).split(";;"));
  }

  @Test
  void aNetworkThatCannotBeRead() {
    assertThat(
            POLICIES.create(
                POLICY, "/spec/ingress/0/from=[{'ipBlock':{'cidr':'x','except':['y']}}]"))
        .containsExactly(
            "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"x\": must be a valid CIDR"
                + " value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.5/24 | must not have bits set beyond the prefix length",
        "2001:db8::1/64 | must not have bits set beyond the prefix length",
        "10.0.0.5/32 | ''",
        "10.0.0.0/24 | ''",
        "0.0.0.0/0 | ''",
        "010.0.0.0/24 | must not have leading 0s in IP or prefix length",
        "10.0.0.0/08 | must not have leading 0s in IP or prefix length",
        "::ffff:10.0.0.0/104 | must not have an IPv4-mapped IPv6 address",
      })
  void aNetworkSaysWhatItMeans(String cidr, String problem) {
    String edit = "/spec/ingress/0/from=[{'ipBlock':{'cidr':'" + cidr + "'}}]";
    String words =
        "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"" + cidr + "\": " + problem;
    assertThat(POLICIES.create(POLICY, edit))
        .isEqualTo(problem.isEmpty() ? List.of() : List.of(words));
  }

  @Test
  void whatAPolicySaidBeforeMayStay() {
    String from = "/spec/ingress/0/from=[{'ipBlock':{'cidr':'10.0.0.5/24'}}]";
    assertThat(POLICIES.change(POLICY, from, from, "")).isEmpty();
    assertThat(POLICIES.change(POLICY, from, from.replace(".5/", ".6/"), "")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "010.0.0.1, must not have leading 0s",
    "::ffff:10.0.0.1, must not be an IPv4-mapped IPv6 address",
  })
  void anAddressIsTheSameForEverybody(String ip, String problem) {
    Judge endpoints = Judge.of("", "endpoints");
    assertThat(
            endpoints.create(
                "{'metadata':{'name':'e','namespace':'d'},'subsets':[{'addresses':[{'ip':'"
                    + ip
                    + "'}],'ports':[{'port':80}]}]}"))
        .containsExactly("subsets[0].addresses[0].ip: Invalid value: \"" + ip + "\": " + problem);
  }
}
