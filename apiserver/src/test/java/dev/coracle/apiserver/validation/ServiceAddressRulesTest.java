package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IPAddress and ServiceCIDR, which have one way to write an address (KEP-1880). */
class ServiceAddressRulesTest {

  private static final Judge ADDRESSES = Judge.of("networking.k8s.io", "ipaddresses");
  private static final Judge RANGES = Judge.of("networking.k8s.io", "servicecidrs");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "2001:DB8:0::1 | must be in canonical form (\"2001:db8::1\")",
        "::ffff:10.0.0.1 | must not be an IPv4-mapped IPv6 address",
        "10.0.0.01 | must not have leading 0s",
        "x | must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
      })
  void theNameIsTheAddress(String name, String problem) {
    String address =
        "{'metadata':{'name':'%s'},'spec':{'parentRef':{'resource':'services','name':'s'}}}";
    assertThat(ADDRESSES.create(address.formatted(name)))
        .containsExactly("metadata.name: Invalid value: \"" + name + "\": " + problem);
    assertThat(ADDRESSES.create(address.formatted("2001:db8::1"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | resource: Required value;;name: Required value",
        "{'group':'a.b','resource':'a/b','name':'.','namespace':'a%'} | resource: Invalid value:"
            + " \"a/b\": may not contain '/';;name: Invalid value: \".\": may not be"
            + " '.';;namespace: Invalid value: \"a%\": may not contain '%'",
      })
  void whoHasTheAddressIsNamedByPartsOfAPath(String parent, String expected) {
    String address = "{'metadata':{'name':'10.0.0.1'},'spec':{'parentRef':" + parent + "}}";
    assertThat(ADDRESSES.create(address))
        .containsExactly(expected.replaceAll("(^|;;)", "$1spec.parentRef.").split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "10.0.0.1/24 | must not have bits set beyond the prefix length",
        "2001:DB8::/64 | must be in canonical form (\"2001:db8::/64\")",
        "10.0.0.0/024 | must not have leading 0s in IP or prefix length",
      })
  void aRangeIsANetwork(String network, String problem) {
    String range = "{'metadata':{'name':'r'},'spec':{'cidrs':['%s']}}";
    assertThat(RANGES.create(range.formatted(network)))
        .containsExactly("spec.cidrs[0]: Invalid value: \"" + network + "\": " + problem);
    assertThat(RANGES.create(range.formatted("2001:db8::/64"))).isEmpty();
  }
}
