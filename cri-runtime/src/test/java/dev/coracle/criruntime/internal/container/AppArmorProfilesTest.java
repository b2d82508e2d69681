package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.SecurityProfile;
import dev.coracle.cri.v1.SecurityProfile.ProfileType;
import org.junit.jupiter.api.Test;

/** Which profile confines a container. */
class AppArmorProfilesTest {
  private static SecurityProfile asked(ProfileType type, String name) {
    return SecurityProfile.newBuilder().setProfileType(type).setLocalhostRef(name).build();
  }

  @Test
  void onlyOneOfTheNodesOwnDoes() {
    assertThat(AppArmorProfiles.of(asked(ProfileType.Localhost, "deny-write")))
        .hasValue("deny-write");
    assertThat(AppArmorProfiles.of(asked(ProfileType.Localhost, "localhost/deny-write")))
        .as("as annotations name it")
        .hasValue("deny-write");
    assertThat(AppArmorProfiles.of(asked(ProfileType.RuntimeDefault, ""))).isEmpty();
    assertThat(AppArmorProfiles.of(asked(ProfileType.Unconfined, ""))).isEmpty();
    assertThat(AppArmorProfiles.of(SecurityProfile.getDefaultInstance()))
        .as("what says nothing is the default")
        .isEmpty();
  }
}
