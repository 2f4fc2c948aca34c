{{ config(
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['partition_on', 'topic_id', 'source', 'mention_id'], 'unique': true},
        {'columns': ['topic_id', 'partition_on']},
    ],
) }}

with chart_entries as (
    select * from {{ ref('stg_youtube__chart_entries') }}
    where {{ is_affected('partition_on') }}
),

stories as (
    select * from {{ ref('stg_hackernews__stories') }}
    where {{ is_affected('partition_on') }}
),

pageviews as (
    select * from {{ ref('stg_wikipedia__pageviews') }}
    where {{ is_affected('partition_on') }}
),

stop_words as (
    select * from {{ ref('topic_stop_words') }}
),

titled as (
    select
        partition_on,
        'chart' as source,
        video_id as mention_id,
        min(title) as title,
        min(channel_id) as channel_id,
        min(category_id) as category_id,
        string_agg(distinct region, ',' order by region) as regions,
        max(views) as amount,
        max(fetched_at) as fetched_at
    from chart_entries
    group by partition_on, video_id
    union all
    select
        partition_on,
        'hackernews' as source,
        story_id as mention_id,
        title,
        null as channel_id,
        null as category_id,
        null as regions,
        points as amount,
        fetched_at
    from stories
    where title is not null
    union all
    select
        partition_on,
        'wikipedia' as source,
        project || ':' || article as mention_id,
        title,
        null as channel_id,
        null as category_id,
        null as regions,
        views as amount,
        fetched_at
    from pageviews
),

words as (
    select
        titled.*,
        split.spelling,
        split.place,
        {{ topic_word('split.spelling') }} as word
    from titled
    cross join lateral {{ topic_spellings('titled.title') }} with ordinality as split (spelling, place)
    where split.spelling <> ''
),

judged as (
    select
        *,
        word <> '' and word not in (select stop_words.word from stop_words) as is_telling,
        word ~ '^\d+$' as is_number
    from words
),

followed as (
    select
        *,
        lead(spelling) over by_place as next_spelling,
        lead(word) over by_place as next_word,
        lead(is_telling) over by_place as is_next_telling
    from judged
    window by_place as (partition by partition_on, source, mention_id order by place)
),

candidates as (
    select
        *,
        word as topic_id,
        spelling as topic_title
    from followed
    where is_telling and not is_number and char_length(word) >= case when word ~ '[a-z]' then 3 else 2 end
    union all
    select
        *,
        word || ' ' || next_word as topic_id,
        spelling || ' ' || next_spelling as topic_title
    from followed
    where is_telling and not is_number and is_next_telling and char_length(word || next_word) >= 3
),

topics as (
    select
        partition_on,
        topic_id,
        source,
        mention_id,
        min(topic_title) as topic_title,
        min(channel_id) as channel_id,
        min(category_id) as category_id,
        min(regions) as regions,
        max(amount) as amount,
        max(fetched_at) as fetched_at
    from candidates
    group by partition_on, topic_id, source, mention_id
),

charted as (
    select
        partition_on,
        topic_id
    from topics
    where source = 'chart'
),

-- Elsewhere only the echo of the day's charts is of use.
final as (
    select topics.* from topics
    where
        topics.source = 'chart'
        or (topics.partition_on, topics.topic_id) in (
            select
                charted.partition_on,
                charted.topic_id
            from charted
        )
)

select * from final
