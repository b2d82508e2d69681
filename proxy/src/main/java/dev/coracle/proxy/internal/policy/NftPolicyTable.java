package dev.coracle.proxy.internal.policy;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.nft.Family;
import dev.coracle.proxy.internal.nft.Nft;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * nftables tables of the cluster's own, one of each IP family. What an earlier process left goes on
 * working until the first model is there, and is replaced by it in one transaction. Where pods have
 * no IPv6, its table is not asked for either.
 */
final class NftPolicyTable implements PolicyTable {

  private final Nft nft;
  private final PolicyWriter ipv4;
  private final PolicyWriter ipv6;

  /** What the kernel has; null where that is not known. */
  private @Nullable RuleModel appliedIpv4;

  private @Nullable RuleModel appliedIpv6;

  /** Whether any pod ever had such an address. */
  private boolean ipv6Seen;

  NftPolicyTable(Nft nft, String table) {
    this.nft = nft;
    this.ipv4 = new PolicyWriter(Family.IPV4, table);
    this.ipv6 = new PolicyWriter(Family.IPV6, table);
  }

  @Override
  public void apply(RuleModel model) throws IOException {
    RuleModel four = model.in(IpFamily.IPv4);
    RuleModel six = model.in(IpFamily.IPv6);
    ipv6Seen |= model.ipv6();
    String script =
        script(ipv4, appliedIpv4, four) + (ipv6Seen ? script(ipv6, appliedIpv6, six) : "");
    appliedIpv4 = null;
    appliedIpv6 = null;
    if (!script.isEmpty()) {
      nft.change(script);
    }
    appliedIpv4 = four;
    appliedIpv6 = ipv6Seen ? six : null;
  }

  private static String script(PolicyWriter writer, @Nullable RuleModel before, RuleModel model) {
    if (model.isEmpty()) {
      return before != null && before.isEmpty() ? "" : writer.removeTable();
    }
    return before == null || before.isEmpty()
        ? writer.replaceTable(model)
        : writer.change(before, model);
  }

  @Override
  public void remove() throws IOException {
    apply(RuleModel.EMPTY);
  }
}
