import type { Preset } from '../preset.ts';

export const JVM: readonly Preset[] = [
  {
    name: 'gradle',
    title: 'Gradle',
    family: 'jvm',
    marks: [
      { files: ['gradlew'], sure: true },
      { files: ['{build,settings}.gradle{,.kts}'], sure: false },
    ],
    caches: [
      {
        kind: 'build',
        usually: '~/.gradle',
        env: [
          {
            name: 'GRADLE_USER_HOME',
            value: '{{cache}}/home',
            source: 'docs.gradle.org/current/userguide/directory_layout.html',
          },
          {
            name: 'GRADLE_OPTS',
            value: '-Dorg.gradle.daemon=false',
            append: true,
            source: 'docs.gradle.org/current/userguide/gradle_daemon.html',
          },
        ],
        files: [
          '**/*.gradle{,.kts}',
          '**/gradle-wrapper.properties',
          '**/gradle.properties',
          '**/gradle.lockfile',
          '**/gradle/*.versions.toml',
          '**/gradle/verification-metadata.xml',
          '!**/.gradle',
        ],
        native: false,
        exclude: [
          'home/**/gc.properties',
          'home/caches/keyrings',
          // The key of configuration caches, which may hold secrets.
          'home/caches/*/cc-keystore',
          'home/caches/journal-1',
          'home/daemon',
          'home/.tmp',
          'home/native',
          'home/notifications',
          'home/gradle.properties',
          'home/init.*',
          'home/build-scan-data',
          'home/enterprise',
          'home/develocity',
        ],
      },
    ],
    traps: [
      'Downloads and build state are in one directory that no lockfile covers: it is one cache, named by branch.',
      'It grows with each change: Gradle cleans up by a journal that is not kept here. Start anew now and then, with another `target`.',
      'Outputs of tasks are kept there only with `org.gradle.caching=true`.',
      'Gradle empties a cache of outputs whose lock file is gone: locks are stored, and a daemon that still runs at the upload holds some.',
      'A moved home has no `gradle.properties` and no `init.d`: give settings as ORG_GRADLE_PROJECT_... or in the project.',
      'A Task that copies its properties to a fixed home does not use the variable.',
    ],
    sources: [
      'docs.gradle.org/current/userguide/directory_layout.html',
      'gradle/actions docs/setup-gradle.md',
      'actions/setup-java src/cache.ts',
    ],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'maven',
    title: 'Maven',
    family: 'jvm',
    marks: [
      { files: ['mvnw', 'pom.xml'], sure: true },
      { files: ['pom.xml'], sure: false },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.m2/repository',
        env: [
          {
            name: 'MAVEN_OPTS',
            value: '-Dmaven.repo.local={{cache}}/repository',
            append: true,
            source: 'maven.apache.org/configure.html (MAVEN_ARGS needs Maven 3.9)',
          },
        ],
        files: [
          '**/pom.xml',
          '**/.mvn/extensions.xml',
          '**/.mvn/maven.config',
          '**/.mvn/wrapper/maven-wrapper.properties',
          '!**/target',
        ],
        native: false,
        exclude: ['repository/**/*.lastUpdated', 'repository/**/resolver-status.properties'],
      },
    ],
    traps: [
      'MAVEN_OPTS is a list: append the option to what the image or the Task has. A script that sets the variable anew, or says `-Dmaven.repo.local=` itself, wins. So does `.mvn/maven.config`.',
      'An artifact is tied to the id of its repository (`_remote.repositories`): another id means a new download.',
      'SNAPSHOTs age in the cache, and `mvn install` puts the own modules there.',
      'The distribution that `mvnw` downloads is in MAVEN_USER_HOME, which is not moved.',
    ],
    sources: [
      'maven.apache.org/configure.html',
      'apache/maven-resolver src/site/markdown/local-repository.md',
      'actions/setup-java src/cache.ts',
    ],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'sbt',
    title: 'sbt',
    family: 'other',
    marks: [{ files: ['build.sbt'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/coursier, ~/.sbt/boot, ~/.ivy2',
        env: [
          { name: 'COURSIER_CACHE', value: '{{cache}}/coursier', source: 'get-coursier.io/docs/cache' },
          {
            name: 'SBT_OPTS',
            value: '-Dsbt.boot.directory={{cache}}/boot -Dsbt.ivy.home={{cache}}/ivy',
            append: true,
            source: 'the script `sbt` of sbt/sbt (its `-sbt-boot` and `-ivy` are these options)',
          },
        ],
        files: ['**/*.sbt', '**/project/build.properties', '**/project/**/*.scala', '!**/target'],
        native: false,
        exclude: ['**/*.lock', '**/ivydata-*.properties', 'boot/**/*.log', 'ivy/local', 'ivy/.credentials*'],
      },
    ],
    traps: [
      'A running sbt server has a socket and locks: end it before the upload.',
      'What `publishLocal` has made is left out.',
      'What sbt 2 has compiled is in `~/.cache/sbt`, which is not moved.',
    ],
    sources: ['coursier/cache-action README', 'actions/setup-java src/cache.ts', 'the script `sbt` of sbt/sbt'],
    provedBy: 'test/presets/projects.ts',
  },
];
