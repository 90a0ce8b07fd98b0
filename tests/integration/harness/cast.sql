-- The people of the tests, after "overtd bootstrap ada ben", as the server's role: each by a
-- proposal of ada's that ben confirms, or the other way round, as the database wants it. What it
-- takes with overtctl is tested elsewhere; here it only has to be quick.
DO $cast$
DECLARE
    ada uuid := (SELECT id FROM overt.principal WHERE kind = 'person' AND name = 'ada');
    ben uuid := (SELECT id FROM overt.principal WHERE kind = 'person' AND name = 'ben');
    member record;
    decision uuid;
    person uuid;
    event uuid := gen_random_uuid();
BEGIN
    FOR member IN
        SELECT *
        FROM (VALUES
            ('ada', '{applicant,watchlist_manager}'::text[]),
            ('ben', '{authorising_officer,watchlist_manager,deployment_lead}'),
            ('cleo', '{adjudicator}'),
            ('dan', '{engagement_officer}'),
            ('olga', '{oversight}'),
            ('hana', '{higher_authority}'),
            ('dora', '{data_protection}')
        ) AS wanted (name, roles)
    LOOP
        decision := gen_random_uuid();
        person := (SELECT id FROM overt.principal WHERE kind = 'person' AND name = member.name);
        IF person IS NULL THEN
            person := gen_random_uuid();
            INSERT INTO overt.people_decision (id, kind, principal_id, name, roles, uri, proposed_by)
            VALUES (decision, 'add_person', person, member.name, member.roles,
                    'overt://person/' || member.name, ada);
            UPDATE overt.people_decision SET state = 'confirmed', decided_by = ben
            WHERE id = decision;
            INSERT INTO overt.principal (id, kind, name) VALUES (person, 'person', member.name);
            INSERT INTO overt.principal_identity (uri, principal_id)
            VALUES ('overt://person/' || member.name, person);
        ELSE
            INSERT INTO overt.people_decision (id, kind, principal_id, roles, proposed_by)
            VALUES (decision, 'grant_role', person, member.roles, ben);
            UPDATE overt.people_decision SET state = 'confirmed', decided_by = ada
            WHERE id = decision;
        END IF;
        INSERT INTO overt.principal_role (principal_id, role)
        SELECT person, unnest(member.roles);
    END LOOP;
    PERFORM audit.write_event(event, convert_to(jsonb_build_object(
        'v', 1, 'id', event, 'name', 'test.made', 'at_us', 1, 'actor', '{}'::jsonb,
        'details', '{}'::jsonb)::text, 'UTF8'));
END
$cast$;
